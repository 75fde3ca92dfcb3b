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

/// What became of a message that was not handled; see [`Counters`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unhandled {
    Rejected,
    Expired,
    DroppedOldest,
    Undelivered,
    MissedTicks,
}

impl Tally {
    /// Counts so many messages that were not handled, mostly none.
    pub(crate) fn count(&self, what: Unhandled, messages: u64) {
        if messages == 0 {
            return;
        }
        let mut counters = lock(&self.counters);
        let counters = counters.get_or_insert_default();
        *match what {
            Unhandled::Rejected => &mut counters.rejected,
            Unhandled::Expired => &mut counters.expired,
            Unhandled::DroppedOldest => &mut counters.dropped_oldest,
            Unhandled::Undelivered => &mut counters.undelivered,
            Unhandled::MissedTicks => &mut counters.missed_ticks,
        } += messages;
    }

    pub(crate) fn counters(&self) -> Counters {
        lock(&self.counters).as_deref().copied().unwrap_or_default()
    }
}
