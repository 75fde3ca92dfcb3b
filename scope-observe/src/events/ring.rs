//! The last events, in a ring.
//!
//! Whoever executes an event only puts it here: it waits for no client. A client that falls so far
//! behind that the ring has forgotten what comes next, is told how many events it missed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use scope_runtime::telemetry::{self, Attached};
use tokio::sync::watch;

use super::record::EventRecord;
use crate::lock::lock;

/// See the module.
#[derive(Debug)]
pub(crate) struct Ring {
    kept: Mutex<Kept>,
    prefixes: Mutex<Vec<String>>,
    most: usize,
    /// The number of the last event.
    last: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Arc<EventRecord>>,
    /// How many there have been; the first has the number 1.
    count: u64,
}

/// What came after an event.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct After {
    /// How many were forgotten.
    pub(crate) missed: u64,
    /// The others, with their numbers.
    pub(crate) events: VecDeque<(u64, Arc<EventRecord>)>,
}

impl Ring {
    /// A ring of so many events.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            kept: Mutex::default(),
            prefixes: Mutex::default(),
            most,
            last: watch::Sender::new(0),
        })
    }

    /// Keeps every event under these prefixes from now on, each once.
    pub(crate) fn attach(self: &Arc<Self>, prefixes: &[Box<str>]) -> Vec<Attached> {
        let attach = |prefix: &str| {
            let ring = self.clone();
            telemetry::attach(prefix, move |event| ring.push(EventRecord::of(event)))
        };
        let distinct = distinct(prefixes);
        *lock(&self.prefixes) = distinct.iter().map(|it| (*it).to_owned()).collect();
        distinct.into_iter().map(attach).collect()
    }

    /// The prefixes under which events are kept.
    pub(crate) fn prefixes(&self) -> Vec<String> {
        lock(&self.prefixes).clone()
    }

    /// True if there may be events under this prefix.
    pub(crate) fn keeps(&self, prefix: &str) -> bool {
        let kept = lock(&self.prefixes);
        kept.iter()
            .any(|it| it.starts_with(prefix) || prefix.starts_with(&**it))
    }

    fn push(&self, event: EventRecord) {
        let mut kept = lock(&self.kept);
        let forgotten = (kept.events.len() == self.most).then(|| kept.events.pop_front());
        kept.events.push_back(Arc::new(event));
        kept.count += 1;
        // Under the lock: so the numbers come in order.
        self.last.send_replace(kept.count);
        drop(kept);
        drop(forgotten);
    }

    /// The number of the last event, as it changes.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// What came after the event of this number.
    pub(crate) fn after(&self, number: u64) -> After {
        let kept = lock(&self.kept);
        let forgotten = kept.count - kept.events.len() as u64;
        let seen = number.saturating_sub(forgotten);
        let seen = usize::try_from(seen).unwrap_or(usize::MAX);
        let numbered = (forgotten + 1..).zip(kept.events.iter().cloned());
        After {
            missed: forgotten.saturating_sub(number),
            events: numbered.skip(seen).collect(),
        }
    }
}

/// Without those prefixes that another one covers.
fn distinct(prefixes: &[Box<str>]) -> Vec<&str> {
    let covers = |general: &str, special: &str| {
        let rest = special.strip_prefix(general);
        general.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let mut kept: Vec<&str> = Vec::new();
    for prefix in prefixes {
        if !kept.iter().any(|known| covers(known, prefix)) {
            kept.retain(|known| !covers(prefix, known));
            kept.push(prefix);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use scope_runtime::telemetry::Event;

    use super::*;

    fn names(after: &After) -> Vec<(u64, &str)> {
        let events = after.events.iter();
        events
            .map(|(number, event)| (*number, &*event.name))
            .collect()
    }

    #[test]
    fn a_ring_forgets_the_oldest_and_says_so() {
        let ring = Ring::new(2);
        for name in ["a", "b", "c"] {
            ring.push(EventRecord::of(&Event::new(name)));
        }
        let all = ring.after(0);
        assert_eq!((all.missed, names(&all)), (1, vec![(2, "b"), (3, "c")]));
        let rest = ring.after(2);
        assert_eq!((rest.missed, names(&rest)), (0, vec![(3, "c")]));
        assert_eq!(ring.after(3), After::default());
        assert_eq!(ring.after(u64::MAX), After::default());
        assert_eq!(*ring.watch().borrow(), 3);
    }

    #[test]
    fn an_event_is_kept_once() {
        let check = |prefixes: &[&str], expected: &[&str]| {
            let prefixes: Vec<Box<str>> = prefixes.iter().map(|it| Box::from(*it)).collect();
            assert_eq!(distinct(&prefixes), expected);
        };
        check(
            &["scope.service", "scope.services"],
            &["scope.service", "scope.services"],
        );
        check(
            &["scope.service", "scope.service.start"],
            &["scope.service"],
        );
        check(
            &["scope.service", "scope.health", "scope", "scope"],
            &["scope"],
        );
        check(&["shop", ""], &[""]);
    }
}
