//! Statistics: what the handlers of every service did, and how long it took.
//!
//! # Protocol
//! - **Counts** are exact. Each place (`slot.rs`) has a [`Tally`](crate::tally::Tally), whose
//!   [`Record`] counts what became of its messages: cells with one writer, the incarnation that
//!   is there, and read by anybody. So a count costs a load and a store, and no message waits.
//! - **Durations** are sampled, see `sampler.rs`: where a message is put into a queue it may get
//!   a stamp, and whoever handles a stamped message measures. They go into histograms that are
//!   shared by all instances of a service in a namespace (`durations.rs`).
//! - **The book** of a namespace (`book.rs`) knows the record of every service that ran there, and
//!   each of these the tallies of its places. When a place is gone, its tally is added to the
//!   sums of the past: nothing is lost, and nothing grows with the number of instances that were.
//! - **A snapshot** (`snapshot.rs`) reads all this. It holds one lock at a time, and each for as
//!   long as it takes to copy what is under it.

mod book;
mod clock;
mod durations;
mod life;
mod meter;
mod record;
mod sampler;
mod service;
mod snapshot;
#[cfg(test)]
mod tests;

pub(crate) use book::Book;
pub(crate) use clock::Moment;
pub(crate) use meter::{Begun, Meter};
pub(crate) use record::Record;
pub(crate) use sampler::{Sampler, Stamp};

pub use durations::Durations;
pub use snapshot::{
    HandlerStatistics, OutcomeStatistics, RegistryStatistics, ServiceStatistics, Snapshot, snapshot,
};
