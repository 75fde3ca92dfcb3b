//! Replays scenarios recorded on Erlang/OTP against the supervisors, see `tests/otp/README.md`.

mod answers;
mod compare;
mod replay;
mod scenario;
mod tree;
mod world;

use std::fs;
use std::path::Path;

use serde_json::Value;

pub(crate) use compare::compare;

/// Replays a scenario; gives its trace.
pub(crate) fn replay(scenario: &Value) -> Result<Value, String> {
    let replayed = std::panic::catch_unwind(|| replay::replay(scenario));
    replayed.map_err(|panic| match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(_) => "the replay panicked".to_owned(),
    })
}

/// Compares `run`'s trace of every scenario in a folder or a `.jsonl` file with the recorded one;
/// gives how many there were, and a report for each that differs.
pub(crate) fn compare_all(
    place: &Path,
    run: impl Fn(&Value) -> Result<Value, String>,
) -> (usize, Vec<String>) {
    let pairs = read(place);
    let differs = |(name, pair): &(String, Value)| {
        scenario::object(pair, "a pair", &["scenario", "trace"]);
        let scenario = &pair["scenario"];
        let same = run(scenario).and_then(|actual| compare(&pair["trace"], &actual));
        let told = |what| {
            format!(
                "{name}: {}\n  why: {}\n{what}",
                scenario["name"], scenario["why"]
            )
        };
        same.err().map(told)
    };
    let reports = pairs.iter().filter_map(differs).collect();
    (pairs.len(), reports)
}

fn read(place: &Path) -> Vec<(String, Value)> {
    if place.is_dir() {
        let mut files: Vec<_> = fs::read_dir(place)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|ext| ext == "json" || ext == "jsonl")
            })
            .collect();
        files.sort();
        return files.iter().flat_map(|path| read(path)).collect();
    }
    let text = fs::read_to_string(place).unwrap_or_else(|e| panic!("{}: {e}", place.display()));
    let name = place.display().to_string();
    if place.extension().is_some_and(|ext| ext == "jsonl") {
        let lines = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .enumerate();
        lines
            .map(|(line, text)| (format!("{name}:{}", line + 1), parse(&name, text)))
            .collect()
    } else {
        vec![(name.clone(), parse(&name, &text))]
    }
}

fn parse(name: &str, text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}
