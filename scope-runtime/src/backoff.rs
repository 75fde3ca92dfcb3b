//! Delays between restart attempts.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::rt::Instant;

/// How long a supervisor waits before each attempt to restart a child: from `min` on, twice as
/// long each time, with jitter, never longer than `max`.
///
/// A child that ran for `max` or longer begins with `min` again.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use scope_runtime::{Backoff, ChildSpec};
///
/// const GENTLE: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
/// let spec = ChildSpec::task("poll", || async {}).backoff(GENTLE);
/// assert_eq!(spec.id(), "poll");
/// ```
///
/// # OTP
/// There is none; OTP restarts at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    min: Duration,
    max: Duration,
}

impl Backoff {
    /// Waits between `min` and `max`. A `max` below `min` counts as `min`.
    pub const fn new(min: Duration, max: Duration) -> Self {
        Self { min, max }
    }

    /// The first delay, without jitter.
    pub const fn min(&self) -> Duration {
        self.min
    }

    /// The longest delay.
    pub const fn max(&self) -> Duration {
        self.max
    }
}

/// Where one child is on its way from `min` to `max`.
#[derive(Debug)]
pub(crate) struct Delays {
    backoff: Backoff,
    steps: ExponentialBackoff,
    started: Option<Instant>,
}

impl Delays {
    pub(crate) fn new(backoff: Backoff) -> Self {
        Self {
            backoff,
            steps: steps(backoff),
            started: None,
        }
    }

    pub(crate) fn on_started(&mut self, now: Instant) {
        self.started = Some(now);
    }

    pub(crate) fn next(&mut self, now: Instant) -> Duration {
        if self
            .started
            .take()
            .is_some_and(|since| now - since >= self.backoff.max)
        {
            self.steps = steps(self.backoff);
        }
        let longest = self.backoff.max.max(self.backoff.min);
        self.steps.next().unwrap_or(longest).min(longest)
    }
}

fn steps(backoff: Backoff) -> ExponentialBackoff {
    // The jitter adds up to the delay itself: half of the longest leaves room for it.
    ExponentialBuilder::new()
        .with_min_delay(backoff.min)
        .with_max_delay((backoff.max / 2).max(backoff.min))
        .without_max_times()
        .with_jitter()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_stay_within_their_bounds() {
        let (min, max) = (Duration::from_millis(100), Duration::from_secs(10));
        let mut delays = Delays::new(Backoff::new(min, max));
        let now = Instant::now();
        let first = delays.next(now);
        assert!(first >= min && first <= 2 * min, "{first:?}");
        let later: Vec<_> = (0..20).map(|_| delays.next(now)).collect();
        assert!(
            later.iter().all(|&delay| delay >= min && delay <= max),
            "{later:?}"
        );
        assert!(later[19] >= max / 2, "{later:?}");
    }

    #[test]
    fn a_child_that_ran_long_begins_again() {
        let (min, max) = (Duration::from_millis(100), Duration::from_secs(10));
        let mut delays = Delays::new(Backoff::new(min, max));
        let now = Instant::now();
        for _ in 0..10 {
            delays.next(now);
        }
        delays.on_started(now);
        assert!(delays.next(now + max) <= 2 * min);
    }
}
