//! What is counted of one place, over all incarnations that were there.

use crate::rt::{Mutex, lock};
use crate::slot::Counters;
use crate::stats::Record;

/// Shared by a place and whoever reads its statistics; it outlives the place.
#[derive(Default)]
pub(crate) struct Tally {
    /// What was not handled. Counted rarely: a lock of its own costs nothing, and few places have any.
    counters: Mutex<Option<Box<Counters>>>,
    pub(crate) record: Record,
}

impl Tally {
    pub(crate) fn count(&self, count: impl FnOnce(&mut Counters)) {
        count(lock(&self.counters).get_or_insert_default());
    }

    /// So many were queued when an instance ended, mostly none.
    pub(crate) fn count_undelivered(&self, messages: u64) {
        if messages > 0 {
            self.count(|counters| counters.undelivered += messages);
        }
    }

    pub(crate) fn counters(&self) -> Counters {
        lock(&self.counters).as_deref().copied().unwrap_or_default()
    }
}
