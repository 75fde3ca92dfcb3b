//! Races, tried out in thousands of schedules by shuttle instead of once by chance.
//!
//! Each test is one race. It runs under schedules that shuttle draws at random, and under some that
//! favour few preemptions (PCT). A task that never ends, whoever waits for it or not, is a
//! deadlock and fails the test. Time is not explored: a wait of less than a second may end at
//! any point, and a longer one never does.
//!
//! ```text
//! RUSTFLAGS="--cfg scope_shuttle" CARGO_TARGET_DIR=target/shuttle \
//!     cargo test -p scope-runtime --test schedules
//! ```
//!
//! `CARGO_PROFILE_DEV_OPT_LEVEL=1` makes it ten times as fast, and the build three times as long.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `SCOPE_SCHEDULES` | how many random schedules for each test; default 1,000, and a quarter of it PCT |
//! | `SHUTTLE_RANDOM_SEED` | the seed that a failure prints: the first schedule is the one that failed |
//! | `SCOPE_REPLAY` | the schedule that a failure prints, or the name of a file with it: only that one, for the one test that is named |
#![cfg(scope_shuttle)]
#![expect(clippy::unwrap_used, reason = "what fails fails the test")]

mod calls;
mod events;
mod explore;
mod instances;
mod lanes;
mod lives;
mod mailboxes;
mod rings;
mod world;
