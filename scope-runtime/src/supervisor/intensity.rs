//! How many restarts are too many.

use std::collections::VecDeque;
use std::time::Duration;

use crate::rt::Instant;

/// How many restarts a supervisor allows within a period before it gives up.
///
/// The window slides: a restart counts as long as it is no older than the period. All children
/// of a supervisor share one window; group restarts count once, failed attempts each.
/// Default: one restart in five seconds.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use scope_runtime::Intensity;
///
/// const CALM: Intensity = Intensity::new(3, Duration::from_secs(60));
/// assert_eq!(CALM.max_restarts(), 3);
/// ```
///
/// # OTP
/// `intensity` and `period`. OTP rounds its clock down to whole seconds, this one does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intensity {
    max_restarts: u32,
    period: Duration,
}

impl Intensity {
    /// One restart in five seconds.
    pub const DEFAULT: Self = Self::new(1, Duration::from_secs(5));

    /// Allows `max_restarts` within `period`. A period of zero is refused at the start.
    pub const fn new(max_restarts: u32, period: Duration) -> Self {
        Self {
            max_restarts,
            period,
        }
    }

    /// How many restarts are allowed.
    pub const fn max_restarts(&self) -> u32 {
        self.max_restarts
    }

    /// Within which time.
    pub const fn period(&self) -> Duration {
        self.period
    }
}

impl Default for Intensity {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The restarts of the last period.
#[derive(Debug)]
pub(super) struct Window {
    intensity: Intensity,
    stamps: VecDeque<Instant>,
}

impl Window {
    pub(super) fn new(intensity: Intensity) -> Self {
        Self {
            intensity,
            stamps: VecDeque::new(),
        }
    }

    pub(super) fn intensity(&self) -> Intensity {
        self.intensity
    }

    /// Counts a restart; how many there are now, or `None` if that is too many.
    pub(super) fn admit(&mut self, now: Instant) -> Option<u32> {
        while self
            .stamps
            .front()
            .is_some_and(|&at| now - at > self.intensity.period)
        {
            self.stamps.pop_front();
        }
        self.stamps.push_back(now);
        let count = u32::try_from(self.stamps.len()).unwrap_or(u32::MAX);
        (count <= self.intensity.max_restarts).then_some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(intensity: Intensity, at_millis: &[u64], expected: &[Option<u32>]) {
        let start = Instant::now();
        let mut window = Window::new(intensity);
        let admitted: Vec<_> = at_millis
            .iter()
            .map(|&millis| window.admit(start + Duration::from_millis(millis)))
            .collect();
        assert_eq!(admitted, expected);
    }

    #[test]
    fn a_restart_exactly_one_period_ago_still_counts() {
        let one = Intensity::new(1, Duration::from_secs(1));
        check(one, &[0, 1000], &[Some(1), None]);
        check(one, &[0, 1001], &[Some(1), Some(1)]);
    }

    #[test]
    fn the_window_slides() {
        let two = Intensity::new(2, Duration::from_secs(1));
        check(
            two,
            &[0, 600, 1200, 1500],
            &[Some(1), Some(2), Some(2), None],
        );
    }

    #[test]
    fn zero_allows_none() {
        check(Intensity::new(0, Duration::from_secs(1)), &[0], &[None]);
    }

    #[test]
    fn a_refused_restart_is_kept_in_the_window() {
        let one = Intensity::new(1, Duration::from_secs(1));
        check(one, &[0, 900, 1800], &[Some(1), None, None]);
    }
}
