//! What is counted of one place, over all incarnations that were there.

use crate::rt::{Mutex, lock};
use crate::slot::Counters;
use crate::stats::Record;

/// Shared by a place and whoever reads its statistics; it outlives the place.
#[derive(Default)]
pub(crate) struct Tally {
    /// What was not handled. Counted rarely: a lock of its own costs nothing.
    counters: Mutex<Counters>,
    pub(crate) record: Record,
}

impl Tally {
    pub(crate) fn count(&self, count: impl FnOnce(&mut Counters)) {
        count(&mut lock(&self.counters));
    }

    pub(crate) fn counters(&self) -> Counters {
        *lock(&self.counters)
    }
}
