//! What only grows of a service's statistics.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use scope_runtime::telemetry::{Durations, HandlerStatistics, ServiceStatistics};

use super::buckets::{Buckets, Sampled};
use crate::labels;

/// Messages of one handler that ended in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Handled {
    pub(crate) handler: &'static str,
    pub(crate) kind: &'static str,
    /// Empty for those that succeeded.
    pub(crate) error_type: &'static str,
}

/// Messages that were not handled, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rejections {
    pub(crate) overloaded: u64,
    pub(crate) expired: u64,
    pub(crate) dropped_oldest: u64,
}

/// What the statistics of a service say at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    handled: BTreeMap<Handled, Sampled>,
    /// How long messages waited.
    waited: Sampled,
    rejections: Rejections,
}

/// What a service counted ever.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) handled: BTreeMap<Handled, Buckets>,
    pub(crate) waited: Buckets,
    pub(crate) rejections: Rejections,
}

impl Reading {
    /// Reads the statistics of a service. Where nothing was handled since an earlier look, that is
    /// still right: most tenants are idle.
    pub(crate) fn of(service: &ServiceStatistics, earlier: Option<&Self>) -> Self {
        let counters = &service.counters;
        let rejections = Rejections {
            overloaded: counters.rejected,
            expired: counters.expired,
            dropped_oldest: counters.dropped_oldest,
        };
        let count = service.handled();
        if let Some(earlier) = earlier.filter(|earlier| earlier.waited.count == count) {
            return Self {
                rejections,
                ..earlier.clone()
            };
        }
        let mut waits = Durations::default();
        let mut handled = BTreeMap::new();
        for handler in &service.handlers {
            waits.add(&handler.queued);
            handled.extend(endings(handler));
        }
        let shape = Buckets::of(&waits);
        Self {
            handled,
            waited: Sampled { count, shape },
            rejections,
        }
    }

    /// Whether this can be what `earlier` has become: nothing is less.
    pub(crate) fn follows(&self, earlier: &Self) -> bool {
        let grew = |(name, was): (&Handled, &Sampled)| {
            let is = self.handled.get(name);
            is.is_some_and(|is| is.count >= was.count)
        };
        let (is, was) = (&self.rejections, &earlier.rejections);
        earlier.handled.iter().all(grew)
            && is.overloaded >= was.overloaded
            && is.expired >= was.expired
            && is.dropped_oldest >= was.dropped_oldest
    }

    /// What came since an earlier look.
    pub(crate) fn since(&self, earlier: &Self) -> Counted {
        let none = Sampled::default();
        let handled = self.handled.iter().map(|(name, is)| {
            let was = earlier.handled.get(name).unwrap_or(&none);
            (*name, is.since(was))
        });
        let (is, was) = (&self.rejections, &earlier.rejections);
        Counted {
            handled: handled.collect(),
            waited: self.waited.since(&earlier.waited),
            rejections: Rejections {
                overloaded: is.overloaded - was.overloaded,
                expired: is.expired - was.expired,
                dropped_oldest: is.dropped_oldest - was.dropped_oldest,
            },
        }
    }
}

fn endings(handler: &HandlerStatistics) -> impl Iterator<Item = (Handled, Sampled)> {
    let (name, kind) = (handler.handler.name, labels::kind(handler.handler.kind));
    handler.outcomes.iter().map(move |outcome| {
        // If none of those was measured, they took what the others did.
        let of = if outcome.ran.count() > 0 {
            &outcome.ran
        } else {
            &handler.ran
        };
        let ending = Handled {
            handler: name,
            kind,
            error_type: outcome.error_type,
        };
        let shape = Buckets::of(of);
        (
            ending,
            Sampled {
                count: outcome.count,
                shape,
            },
        )
    })
}

impl AddAssign for Counted {
    fn add_assign(&mut self, other: Self) {
        for (name, buckets) in other.handled {
            *self.handled.entry(name).or_default() += buckets;
        }
        self.waited += other.waited;
        self.rejections.overloaded += other.rejections.overloaded;
        self.rejections.expired += other.rejections.expired;
        self.rejections.dropped_oldest += other.rejections.dropped_oldest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(count: u64, expired: u64) -> Reading {
        let pay = Handled {
            handler: "pay",
            kind: "call",
            error_type: "",
        };
        let shape = Buckets::default();
        Reading {
            handled: BTreeMap::from([(pay, Sampled { count, shape })]),
            waited: Sampled { count, shape },
            rejections: Rejections {
                expired,
                ..Rejections::default()
            },
        }
    }

    #[test]
    fn what_is_less_than_before_began_anew() {
        assert!(reading(5, 1).follows(&reading(5, 1)));
        assert!(reading(6, 2).follows(&reading(5, 1)));
        assert!(!reading(4, 1).follows(&reading(5, 1)));
        assert!(!reading(6, 0).follows(&reading(5, 1)));
        assert!(
            !Reading::default().follows(&reading(5, 1)),
            "it was forgotten"
        );
        let mut counted = reading(5, 1).since(&Reading::default());
        counted += reading(7, 4).since(&reading(5, 1));
        assert_eq!((counted.waited.count(), counted.rejections.expired), (7, 4));
    }
}
