//! The whole system, feature by feature, through the facade.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test's own tasks are callers, owned by the test"
)]

mod by_hand;
mod calls;
mod casts;
mod corners;
mod crashes;
mod deadlines;
mod destructors;
mod dynamic;
mod events;
mod faults;
mod health;
mod inspect;
mod mailboxes;
mod monitors;
mod never;
mod partitions;
mod passivation;
mod proofs;
mod registered;
mod registry;
mod rings;
mod runtimes;
mod stages;
mod statistics;
mod support;
mod surroundings;
mod tasks;
mod telemetry;
mod timers;
mod tree_options;
mod trees;
mod unanswered;
mod wakers;
