//! The clock of measured durations: the processor's ticks, about a third of the price of the
//! system's clock. It never decides anything, so time that a test pauses goes on here.

use std::sync::LazyLock;
use std::time::Duration;

use quanta::Clock;

static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::new);

/// Compares the ticks with the system's clock, which takes some milliseconds, before it matters.
pub(crate) fn prepare() {
    LazyLock::force(&CLOCK);
}

/// The ticks now.
pub(crate) fn ticks() -> u64 {
    CLOCK.raw()
}

/// How many nanoseconds are between two readings; none if they came from processors that differ.
pub(crate) fn nanoseconds(earlier: u64, later: u64) -> u64 {
    CLOCK.delta_as_nanos(earlier, later)
}

/// When somebody looked at the real clock. What is to be decided is decided by that; this only says whether
/// to look again.
pub(crate) struct Moment(u64);

impl Moment {
    const RECENT: Duration = Duration::from_millis(1);

    pub(crate) fn now() -> Self {
        Self(ticks())
    }

    /// True within a millisecond.
    pub(crate) fn is_recent(&self) -> bool {
        // The explorer's time is another one.
        !cfg!(scope_shuttle) && u128::from(nanoseconds(self.0, ticks())) < Self::RECENT.as_nanos()
    }
}
