//! What a running system tells of itself.

#[cfg(feature = "stats")]
pub use crate::stats::{
    Durations, HandlerStatistics, RegistryStatistics, ServiceStatistics, Snapshot, snapshot,
};
