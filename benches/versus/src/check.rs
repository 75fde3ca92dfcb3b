//! Whether messages and lives of services got dearer than recorded.
//!
//! Nothing of it is a time: instructions, as ratios to the hand-written actor's, so that a new compiler changes both;
//! allocations and their bytes, which are exact.

use std::fs;

use serde_json::{Map, Value, json};

use crate::build::{Counts, build};
use crate::contestants::{RAW, SCOPE};
use crate::count;
use crate::process::Process;
use crate::rows::{QUESTIONS, Question, Source};
use versus::{Flavour, Measure};

const LIMITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/limits.json");
const COMMAND: &str = "cargo run --manifest-path benches/versus/Cargo.toml -- check --record";

/// By which part a limit may be passed: hash seeds and the clock's calibration make instructions differ a little.
const INSTRUCTIONS_TOLERANCE: f64 = 0.05;
const ALLOCATIONS_TOLERANCE: f64 = 0.01;

/// One figure of this build.
struct Found {
    label: &'static str,
    figure: f64,
    tolerance: f64,
    what: &'static str,
}

/// Compares with the recorded limits, or records new ones.
pub(crate) fn run(record: bool) -> Result<(), String> {
    build(&[RAW, SCOPE], Counts::Allocations)?;
    let mut found = allocations()?;
    if count::is_there() {
        found.extend(instructions()?);
    } else {
        println!("valgrind is not there: instructions are not checked");
    }
    if record {
        return write(&found);
    }
    let limits = read()?;
    let too_dear: Vec<String> = found
        .iter()
        .filter_map(|found| complaint(found, &limits))
        .collect();
    for found in &found {
        println!("{}: {:.2} {}", found.label, found.figure, found.what);
    }
    if too_dear.is_empty() {
        return Ok(());
    }
    let advice = format!("make it cheaper, or record what it costs now with\n  {COMMAND}");
    Err(format!("{}\n{advice}", too_dear.join("\n")))
}

fn of(source: Source) -> impl Iterator<Item = &'static Question> {
    QUESTIONS
        .iter()
        .filter(move |question| question.source == source && !is_memory(question.measure))
}

fn is_memory(measure: Measure) -> bool {
    matches!(measure, Measure::Memory | Measure::MemorySupervised)
}

fn allocations() -> Result<Vec<Found>, String> {
    let mut all = Vec::new();
    for question in of(Source::Counting) {
        let mut scope = Process::start(SCOPE, Counts::Allocations)?;
        let figures = scope
            .ask(question.request(Flavour::CurrentThread))?
            .unwrap_or_default();
        let found = question
            .rows
            .iter()
            .zip(figures)
            .map(|(&(label, _), figure)| Found {
                label,
                figure,
                tolerance: ALLOCATIONS_TOLERANCE,
                what: "",
            });
        all.extend(found);
    }
    Ok(all)
}

fn instructions() -> Result<Vec<Found>, String> {
    let mut all = Vec::new();
    for question in of(Source::Instructions) {
        let request = question.request(Flavour::CurrentThread);
        let count = |contestant| count::instructions(contestant, Counts::Allocations, request);
        let (Some(raw), Some(scope)) = (count(RAW)?, count(SCOPE)?) else {
            continue;
        };
        let pairs = question.rows.iter().zip(scope.into_iter().zip(raw));
        all.extend(pairs.map(|(&(label, _), (scope, raw))| Found {
            label,
            figure: scope / raw,
            tolerance: INSTRUCTIONS_TOLERANCE,
            what: "times those of raw",
        }));
    }
    Ok(all)
}

fn complaint(found: &Found, limits: &Map<String, Value>) -> Option<String> {
    let Found {
        label,
        figure,
        tolerance,
        what,
    } = found;
    let Some(limit) = limits.get(*label).and_then(Value::as_f64) else {
        return Some(format!("{label}: no limit is recorded"));
    };
    let percent = tolerance * 100.0;
    (*figure > limit * (1.0 + tolerance) + 0.005).then(|| {
        format!("{label}: {figure:.2} {what}, more than the {limit:.2} recorded and {percent:.0} % of tolerance")
    })
}

fn read() -> Result<Map<String, Value>, String> {
    let text = fs::read_to_string(LIMITS).map_err(|error| format!("{LIMITS}: {error}"))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(limits)) => Ok(limits),
        Ok(_) => Err(format!("{LIMITS} is no object")),
        Err(error) => Err(format!("{LIMITS}: {error}")),
    }
}

fn write(found: &[Found]) -> Result<(), String> {
    let rounded = |found: &Found| (found.figure * 1_000.0).round() / 1_000.0;
    let limits: Map<String, Value> = found
        .iter()
        .map(|found| (found.label.to_owned(), json!(rounded(found))))
        .collect();
    let text = format!("{:#}\n", Value::Object(limits));
    fs::write(LIMITS, text).map_err(|error| format!("{LIMITS}: {error}"))?;
    println!("{} limits are recorded in {LIMITS}", found.len());
    Ok(())
}
