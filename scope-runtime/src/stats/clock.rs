//! The clock of measured durations: the processor's ticks, about a third of the price of the
//! system's clock. Time that a test pauses goes on here: what is to be decided, the real clock decides, and these at most
//! when to look at it.

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

/// A look at the ticks.
#[derive(Clone, Copy)]
pub(crate) struct Moment(u64);

impl Moment {
    pub(crate) fn now() -> Self {
        Self(ticks())
    }

    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(nanoseconds(earlier.0, self.0))
    }
}
