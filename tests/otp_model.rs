//! The supervisors behave as a small model of OTP's does, in random trees and schedules.
//!
//! The model is checked against the recordings, and then it takes their place. `PROPTEST_CASES`
//! says how many trees are tried, `PROPTEST_RNG_SEED` repeats a run.

#![expect(
    clippy::unwrap_used,
    reason = "a scenario that the model does not understand fails its test"
)]

mod otp_replay;
#[path = "otp_model/mod.rs"]
mod reference;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestCaseError, TestError, TestRunner};
use reference::generate::{Case, cases};
use reference::model::{self, End};
use reference::schedule::{Fixed, Random};
use serde_json::{Value, json};
use tokio::time::Instant;

#[test]
fn the_model_behaves_as_recorded_on_otp() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/otp");
    let mut failed = Vec::new();
    let mut total = 0;
    for place in ["scenarios", "random.jsonl"] {
        let (count, reports) = otp_replay::compare_all(&data.join(place), |scenario| {
            let steps = scenario["steps"].as_array().unwrap().clone();
            let outcome = model::run(&scenario["supervisor"], Box::new(Fixed::new(steps)));
            match outcome.end {
                Some(End::Undefined(why)) => Err(format!("the model gave up: {why}")),
                Some(End::Blocked) | None => Ok(outcome.ordered()),
            }
        });
        total += count;
        failed.extend(reports);
    }
    for report in &failed {
        println!("{report}\n");
    }
    assert!(
        failed.is_empty(),
        "{} of {total} scenarios differ",
        failed.len()
    );
    println!("{total} scenarios run through the model");
}

#[test]
fn supervisors_behave_as_the_model() {
    let seed = match std::env::var("PROPTEST_RNG_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => RandomState::new().hash_one(0),
    };
    let config = Config {
        cases: number("PROPTEST_CASES", 1000),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        // Much faster than the default where nothing is optimised.
        rng_algorithm: RngAlgorithm::XorShift,
        max_shrink_iters: 4000,
        ..Config::default()
    };
    let cases_wanted = config.cases;
    println!("PROPTEST_RNG_SEED={seed} PROPTEST_CASES={cases_wanted}");
    // Workers panic on purpose.
    std::panic::set_hook(Box::new(|_| {}));
    let counts = RefCell::new(Counts::default());
    let from = Instant::now();
    let result = TestRunner::new(config).run(&cases(), |case| {
        check(&case, &mut counts.borrow_mut()).map_err(TestCaseError::fail)
    });
    drop(std::panic::take_hook());
    println!("{:?}\n{:#?}", from.elapsed(), counts.borrow());
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => panic!(
            "after {} cases, {:?}: {reason}\n{}\nPROPTEST_RNG_SEED={seed}",
            counts.borrow().until_failure,
            from.elapsed(),
            serde_json::to_string_pretty(&play(&case).0).unwrap(),
        ),
        Err(TestError::Abort(reason)) => panic!("{reason}; PROPTEST_RNG_SEED={seed}"),
    }
}

/// What was compared.
#[derive(Debug, Default)]
struct Counts {
    steps: usize,
    until_failure: usize,
    failed: bool,
    /// How many cases ended early, and why.
    cut: BTreeMap<&'static str, usize>,
}

fn number(variable: &str, default: u32) -> u32 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// The scenario that comes of a case, its trace, and why it is shorter.
fn play(case: &Case) -> (Value, Value, Option<End>) {
    let outcome = model::run(&case.tree, Box::new(Random::new(case.steps.clone())));
    let scenario = json!({
        "name": "random",
        "why": "made up by the model's test",
        "supervisor": case.tree,
        "steps": outcome.steps,
    });
    (scenario, outcome.trace, outcome.end)
}

fn check(case: &Case, counts: &mut Counts) -> Result<(), String> {
    let (scenario, trace, end) = play(case);
    if !counts.failed {
        counts.until_failure += 1;
        counts.steps += scenario["steps"].as_array().map_or(0, Vec::len);
        if let Some(End::Undefined(why)) = end {
            *counts.cut.entry(why).or_default() += 1;
        }
    }
    // The tree itself was not defined.
    if trace["start"].is_null() {
        return Ok(());
    }
    let same =
        otp_replay::replay(&scenario).and_then(|actual| otp_replay::compare(&trace, &actual));
    counts.failed |= same.is_err();
    same
}
