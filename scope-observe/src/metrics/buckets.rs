//! Histograms as Prometheus has them: how many took no longer than each of some limits.
//!
//! The runtime measures some messages of many, so its histograms are estimates, while its counts are
//! exact. What is exported has the count of the one and the shape of the other.

use std::ops::AddAssign;
use std::time::Duration;

use scope_runtime::telemetry::Durations;

/// 1 µs to 10 s in seconds, three in each power of ten.
const LIMITS: [f64; 22] = [
    1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025,
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// How long things took, in buckets.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Buckets {
    /// What took longer than the limit before, and no longer than this one; the last has no limit.
    each: [u64; LIMITS.len() + 1],
    sum: Duration,
}

impl Buckets {
    pub(crate) fn of(durations: &Durations) -> Self {
        let within = durations.counts_within(&LIMITS).into_iter();
        let mut buckets = Self {
            sum: durations.total(),
            ..Self::default()
        };
        let mut before = 0;
        for (bucket, within) in buckets
            .each
            .iter_mut()
            .zip(within.chain([durations.count()]))
        {
            *bucket = within.saturating_sub(before);
            before = within;
        }
        buckets
    }

    pub(crate) fn count(&self) -> u64 {
        self.each.iter().sum()
    }

    pub(crate) fn sum(&self) -> f64 {
        self.sum.as_secs_f64()
    }

    /// Each limit in seconds, and what is in its bucket.
    pub(crate) fn each(&self) -> Vec<(f64, u64)> {
        let limits = LIMITS.into_iter().chain([f64::INFINITY]);
        limits.zip(self.each).collect()
    }

    /// What came to `earlier`.
    fn since(&self, earlier: &Self) -> Self {
        let mut new = *self;
        for (bucket, earlier) in new.each.iter_mut().zip(earlier.each) {
            *bucket = bucket.saturating_sub(earlier);
        }
        new.sum = self.sum.saturating_sub(earlier.sum);
        new
    }

    /// So many in all, divided among the buckets as these are. Where there are none, nobody knows
    /// how long they took: they are beyond every limit.
    fn scaled(&self, count: u64) -> Self {
        let own = self.count();
        let mut scaled = Self::default();
        if own == 0 {
            scaled.each[LIMITS.len()] = count;
            return scaled;
        }
        // Rounding the sums, and not each bucket, keeps the whole exact.
        let part = |sum: u64| u128::from(sum) * u128::from(count) / u128::from(own);
        let (mut sum, mut before) = (0, 0);
        for (bucket, own) in scaled.each.iter_mut().zip(self.each) {
            sum += own;
            let next = part(sum);
            *bucket = u64::try_from(next - before).unwrap_or(u64::MAX);
            before = next;
        }
        #[expect(clippy::cast_precision_loss, reason = "2^53 are enough")]
        let ratio = count as f64 / own as f64;
        scaled.sum = Duration::try_from_secs_f64(self.sum() * ratio).unwrap_or(Duration::MAX);
        scaled
    }
}

impl AddAssign for Buckets {
    fn add_assign(&mut self, other: Self) {
        for (own, other) in self.each.iter_mut().zip(other.each) {
            *own += other;
        }
        self.sum = self.sum.saturating_add(other.sum);
    }
}

/// An exact count, and an estimate of how long they took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sampled {
    pub(crate) count: u64,
    pub(crate) shape: Buckets,
}

impl Sampled {
    /// What came since an earlier look, as far as it was measured in the shape of that.
    pub(crate) fn since(&self, earlier: &Self) -> Buckets {
        let new = self.shape.since(&earlier.shape);
        let shape = if new.count() > 0 { new } else { self.shape };
        shape.scaled(self.count.saturating_sub(earlier.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_three_limits_in_each_power_of_ten() {
        let powers = (-6..).map(|power| 10f64.powi(power));
        let expected = powers.flat_map(|power| [1.0, 2.5, 5.0].map(|step| step * power));
        let limits = LIMITS.iter().zip(expected);
        for (limit, expected) in limits {
            assert!((limit / expected - 1.0).abs() < 1e-9, "{limit} {expected}");
        }
    }

    fn buckets(filled: &[(usize, u64)], millis: u64) -> Buckets {
        let mut buckets = Buckets::default();
        for (place, count) in filled {
            buckets.each[*place] = *count;
        }
        buckets.sum = Duration::from_millis(millis);
        buckets
    }

    #[test]
    fn counts_are_exact_and_shapes_are_kept() {
        let check = |shape: Buckets, count, expected: &[(usize, u64)], millis| {
            assert_eq!(shape.scaled(count), buckets(expected, millis));
        };
        check(buckets(&[(3, 16)], 160), 1, &[(3, 1)], 10);
        check(buckets(&[(3, 1), (5, 1)], 20), 7, &[(3, 3), (5, 4)], 70);
        check(buckets(&[(0, 30), (9, 10)], 40), 4, &[(0, 3), (9, 1)], 4);
        check(Buckets::default(), 2, &[(22, 2)], 0);
        check(buckets(&[(3, 5)], 50), 0, &[], 0);
    }

    #[test]
    fn what_is_new_has_the_shape_of_what_is_new() {
        let earlier = Sampled {
            count: 10,
            shape: buckets(&[(3, 10)], 100),
        };
        let measured = Sampled {
            count: 14,
            shape: buckets(&[(3, 10), (7, 16)], 260),
        };
        assert_eq!(measured.since(&earlier), buckets(&[(7, 4)], 40));
        // Of those nobody measured one.
        let unmeasured = Sampled {
            count: 12,
            ..earlier
        };
        assert_eq!(unmeasured.since(&earlier), buckets(&[(3, 2)], 20));
    }
}
