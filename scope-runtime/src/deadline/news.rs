//! What has happened in a table of deadlines, for those who look without its lock.

use crate::rt::{AtomicUsize, Ordering};

/// Written under the lock of the table. It has a line of the cache to itself: beside the lock, each look would wait for
/// whoever calls on another thread.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct News {
    beat: AtomicUsize,
    expiries: AtomicUsize,
}

/// A state of the table: it changes when somebody's time begins or is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beat(usize);

impl Beat {
    /// No table was ever in this state.
    pub(crate) const NEVER: Self = Self(usize::MAX);

    /// The time of whoever comes now begins later.
    pub(crate) fn is_ticking(self) -> bool {
        self.0 & 1 == 1
    }
}

impl News {
    // Relaxed: a message whose ticket says otherwise came through the lock of its queue.
    #[inline]
    pub(crate) fn beat(&self) -> Beat {
        Beat(self.beat.load(Ordering::Relaxed))
    }

    /// Changes when somebody's time is up.
    #[inline]
    pub(crate) fn expiries(&self) -> usize {
        self.expiries.load(Ordering::Relaxed)
    }

    /// Somebody's time has begun, or the sweeper began to tick or no longer does.
    pub(super) fn begun(&self, ticking: bool) {
        let count = self.beat.load(Ordering::Relaxed) >> 1;
        let next = count.wrapping_add(1) << 1 | usize::from(ticking);
        self.beat.store(next, Ordering::Relaxed);
    }

    /// Somebody's time is up.
    pub(super) fn expired(&self, ticking: bool) {
        let expiries = self.expiries.load(Ordering::Relaxed);
        self.expiries
            .store(expiries.wrapping_add(1), Ordering::Relaxed);
        self.begun(ticking);
    }
}
