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

/// Replays every pair of a folder or of a `.jsonl` file; gives how many there were, and a
/// report for each that differs.
pub(crate) fn replay_all(place: &Path) -> (usize, Vec<String>) {
    let pairs = read(place);
    let reports = pairs
        .iter()
        .filter_map(|(name, pair)| check(name, pair).err())
        .collect();
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

fn check(name: &str, pair: &Value) -> Result<(), String> {
    scenario::object(pair, "a pair", &["scenario", "trace"]);
    let scenario = &pair["scenario"];
    let told = |what: &str| {
        format!(
            "{name}: {}\n  why: {}\n{what}",
            scenario["name"], scenario["why"]
        )
    };
    let replayed = std::panic::catch_unwind(|| replay::replay(scenario));
    let actual = replayed.map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        told(&text.unwrap_or_else(|| "the replay panicked".to_owned()))
    })?;
    compare::compare(&pair["trace"], &actual).map_err(|difference| told(&difference))
}
