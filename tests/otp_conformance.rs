//! The supervisors behave as those of Erlang/OTP do, event for event.
//!
//! `SCOPE_OTP_SCENARIOS` names another folder of scenarios, or a `.jsonl` file of them.

#![expect(
    clippy::unwrap_used,
    reason = "a scenario that cannot be replayed fails its test"
)]

mod otp_replay;

use std::path::{Path, PathBuf};

#[test]
fn supervisors_behave_as_recorded_on_otp() {
    // Scenarios panic on purpose, and their reports say what else went wrong.
    std::panic::set_hook(Box::new(|_| {}));
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/otp");
    let places = match std::env::var_os("SCOPE_OTP_SCENARIOS") {
        Some(place) => vec![PathBuf::from(place)],
        None => vec![data.join("scenarios"), data.join("random.jsonl")],
    };
    let mut failed = Vec::new();
    let mut total = 0;
    for place in &places {
        let (count, reports) = otp_replay::compare_all(place, otp_replay::replay);
        assert!(count > 0, "no scenarios in {}", place.display());
        total += count;
        failed.extend(reports);
    }
    drop(std::panic::take_hook());
    for report in &failed {
        println!("{report}\n");
    }
    assert!(
        failed.is_empty(),
        "{} of {total} scenarios differ",
        failed.len()
    );
    println!("{total} scenarios replayed");
}
