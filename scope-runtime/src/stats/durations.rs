//! How long something took: a histogram, and what can be asked of it.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::rt::{Mutex, OnceLock, lock};

/// Values are less than 0.8 % apart from what is reported for them.
const DIGITS: u8 = 2;

/// What takes longer is recorded as this: it bounds a histogram's size, to 18 KiB.
const LONGEST: Duration = Duration::from_secs(3600);

/// The times of one handler, of all instances in one namespace. Allocated at the first message.
pub(crate) struct Times {
    times: OnceLock<Box<Mutex<Pair>>>,
}

#[derive(Clone, Default)]
pub(crate) struct Pair {
    pub(crate) queued: Durations,
    pub(crate) ran: Durations,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            times: OnceLock::new(),
        }
    }
}

impl Times {
    /// Records what one message took, in nanoseconds, which stands for as many as its weight.
    pub(crate) fn record(&self, queued: u64, ran: u64, weight: u32) {
        let times = self.times.get_or_init(Box::default);
        let mut pair = lock(times);
        pair.queued.record(queued, weight);
        pair.ran.record(ran, weight);
    }

    pub(crate) fn read(&self) -> Pair {
        self.times
            .get()
            .map_or_else(Pair::default, |times| lock(times).clone())
    }
}

/// How long things took. Less than 1 % lies between what this says and what was measured.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use scope_runtime::telemetry::Durations;
///
/// let none = Durations::default();
/// assert_eq!(none.max(), Duration::ZERO);
/// assert_eq!(none.count(), 0);
/// ```
#[derive(Clone, Default)]
pub struct Durations {
    /// In nanoseconds; it grows with the longest.
    histogram: Option<Histogram<u32>>,
}

impl Durations {
    /// How many messages it stands for: estimated from those that were measured.
    pub fn count(&self) -> u64 {
        self.histogram.as_ref().map_or(0, Histogram::len)
    }

    /// The time that a share of them took at most: `quantile(0.99)` for 99 of 100. Zero if there are none.
    pub fn quantile(&self, share: f64) -> Duration {
        self.ask(|histogram| histogram.value_at_quantile(share))
    }

    /// The time that half of them took at most.
    pub fn p50(&self) -> Duration {
        self.quantile(0.5)
    }

    /// The time that 95 of 100 took at most.
    pub fn p95(&self) -> Duration {
        self.quantile(0.95)
    }

    /// The time that 99 of 100 took at most.
    pub fn p99(&self) -> Duration {
        self.quantile(0.99)
    }

    /// The longest of those that were measured.
    pub fn max(&self) -> Duration {
        self.ask(Histogram::max)
    }

    /// How many took no longer than `limit`: a bucket of a histogram as Prometheus counts them.
    pub fn count_within(&self, limit: Duration) -> u64 {
        let limit = nanoseconds(limit);
        self.histogram
            .as_ref()
            .filter(|histogram| !histogram.is_empty())
            .map_or(0, |histogram| histogram.count_between(0, limit))
    }

    /// What they took together.
    pub fn total(&self) -> Duration {
        let Some(histogram) = &self.histogram else {
            return Duration::ZERO;
        };
        histogram
            .iter_recorded()
            .map(|bucket| {
                let middle =
                    Duration::from_nanos(histogram.median_equivalent(bucket.value_iterated_to()));
                middle.saturating_mul(bucket.count_at_value())
            })
            .sum()
    }

    /// Adds another one's: of a second handler, or of another namespace.
    pub fn add(&mut self, other: &Self) {
        match (&mut self.histogram, &other.histogram) {
            (_, None) => {}
            (own @ None, Some(other)) => *own = Some(other.clone()),
            (Some(own), Some(other)) => {
                let added = own.add(other);
                debug_assert!(added.is_ok(), "{added:?}");
            }
        }
    }

    fn ask(&self, question: impl FnOnce(&Histogram<u32>) -> u64) -> Duration {
        self.histogram.as_ref().map_or(Duration::ZERO, |histogram| {
            Duration::from_nanos(question(histogram))
        })
    }

    pub(crate) fn record(&mut self, nanos: u64, weight: u32) {
        if self.histogram.is_none() {
            self.histogram = Histogram::new(DIGITS).ok();
        }
        if let Some(histogram) = &mut self.histogram {
            // It resizes itself: nothing is beyond it.
            let recorded = histogram.record_n(nanos.min(nanoseconds(LONGEST)), weight);
            debug_assert!(recorded.is_ok(), "{recorded:?}");
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Durations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Durations")
            .field("count", &self.count())
            .field("p50", &self.p50())
            .field("p95", &self.p95())
            .field("p99", &self.p99())
            .field("max", &self.max())
            .finish()
    }
}
