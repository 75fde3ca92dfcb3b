//! How long something took: a histogram, and what can be asked of it.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::rt::{Mutex, OnceLock, lock};
use crate::stats::record::Ending;

/// Values are less than 0.8 % apart from what is reported for them.
const DIGITS: u8 = 2;

/// What takes longer is recorded as this: it bounds a histogram's size, to 18 KiB.
const LONGEST: Duration = Duration::from_secs(3600);

/// The times of one handler, of all instances in one namespace. Allocated at the first message.
pub(crate) struct Times {
    times: OnceLock<Box<Mutex<Measured>>>,
}

#[derive(Clone, Default)]
pub(crate) struct Measured {
    pub(crate) queued: Durations,
    /// By how it ended.
    ran: [Durations; Ending::COUNT],
}

impl Measured {
    /// How long those ran that ended in this way.
    pub(crate) fn ran(&self, ending: Ending) -> &Durations {
        let [succeeded, failed, panicked, killed] = &self.ran;
        match ending {
            Ending::Succeeded => succeeded,
            Ending::Failed => failed,
            Ending::Panicked => panicked,
            Ending::Killed => killed,
        }
    }

    /// How long all of them ran.
    pub(crate) fn all_ran(&self) -> Durations {
        let mut all = Durations::default();
        self.ran.iter().for_each(|ran| all.add(ran));
        all
    }
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
    pub(crate) fn record(&self, (queued, ran): (u64, u64), ending: Ending, weight: u32) {
        let times = self.times.get_or_init(Box::default);
        let mut measured = lock(times);
        measured.queued.record(queued, weight);
        if let Some(durations) = measured.ran.get_mut(ending as usize) {
            durations.record(ran, weight);
        }
    }

    pub(crate) fn read(&self) -> Measured {
        self.times
            .get()
            .map_or_else(Measured::default, |times| lock(times).clone())
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
    /// In nanoseconds; it grows with the longest. Made with the first one: most errors never come.
    histogram: Option<Box<Histogram<u32>>>,
}

impl Durations {
    /// How many messages it stands for: estimated from those that were measured.
    pub fn count(&self) -> u64 {
        self.histogram
            .as_ref()
            .map_or(0, |histogram| histogram.len())
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

    /// How many took no longer than each of these bounds, in seconds: all buckets of a Prometheus histogram at once.
    ///
    /// # Examples
    /// ```
    /// use scope_runtime::telemetry::Durations;
    ///
    /// let none = Durations::default();
    /// assert_eq!(none.counts_within(&[0.001, 0.1, 10.0]), [0, 0, 0]);
    /// ```
    pub fn counts_within(&self, bounds: &[f64]) -> Vec<u64> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it saturates, as is wanted"
        )]
        let mut counts: Vec<_> = bounds
            .iter()
            .map(|bound| ((bound * 1e9).round() as u64, 0))
            .collect();
        if let Some(histogram) = &self.histogram {
            for bucket in histogram.iter_recorded() {
                let least = histogram.lowest_equivalent(bucket.value_iterated_to());
                for (_, count) in counts.iter_mut().filter(|(bound, _)| least <= *bound) {
                    *count += u64::from(bucket.count_at_value());
                }
            }
        }
        counts.into_iter().map(|(_, count)| count).collect()
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
                let added = own.add(&**other);
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
            self.histogram = Histogram::new(DIGITS).ok().map(Box::new);
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
