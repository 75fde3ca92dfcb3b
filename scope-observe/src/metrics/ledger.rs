//! What services counted ever, over all namespaces of a label.
//!
//! A counter must not go backwards, but the statistics of a namespace go with it, and those of a
//! service that ended some time after. So the ledger adds up what is new at each look, and only
//! remembers what it read last. A namespace in which something started is held until it was read
//! after its end, so nothing is missed.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::AddAssign;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use scope_runtime::telemetry::{self, Attached, ServiceStatistics};
use scope_runtime::{Namespace, NamespaceKind};

use super::counted::{Counted, Reading};
use crate::labels;
use crate::lock::lock;

/// A label of namespaces and the name of a service.
type Name = (Cow<'static, str>, &'static str);

/// A service of one namespace, by its module and name.
type Id = (&'static str, &'static str);

/// Namespaces in which something runs, or ran.
type Held = HashMap<NamespaceKind, Namespace>;

/// What was counted ever, and what is there now.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) counted: BTreeMap<Name, Counted>,
    /// Those of which an instance runs, or is to come.
    pub(crate) present: BTreeMap<Name, Present>,
    /// Names under which something runs.
    pub(crate) registered: BTreeMap<Cow<'static, str>, usize>,
    pub(crate) lookups: Lookups,
}

/// What there is of a service now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Present {
    pub(crate) instances: usize,
    pub(crate) messages: usize,
    pub(crate) capacity: usize,
    /// How long the youngest instance runs.
    pub(crate) age: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Lookups {
    pub(crate) hits: u64,
    pub(crate) misses: u64,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Ledger {
    book: Mutex<Book>,
    held: Arc<Mutex<Held>>,
    /// Holds namespaces.
    _attached: Attached,
}

#[derive(Debug, Default)]
struct Book {
    counted: BTreeMap<Name, Counted>,
    lookups: Lookups,
    last: HashMap<NamespaceKind, Page>,
}

/// What was read of a namespace.
#[derive(Debug, Default)]
struct Page {
    services: HashMap<Id, Reading>,
    lookups: Lookups,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        let held = Arc::new(Mutex::new(Held::new()));
        let holder = held.clone();
        let attached = telemetry::attach("scope.service.start", move |event| {
            if let Some(namespace) = event.metadata.namespace {
                lock(&holder).insert(namespace.kind().clone(), namespace.clone());
            }
        });
        lock(&held).extend(Namespace::all().into_iter().map(by_kind));
        Self {
            book: Mutex::default(),
            held,
            _attached: attached,
        }
    }

    /// Reads the statistics of all namespaces.
    pub(crate) fn read(&self) -> Totals {
        // Dropped after the lock, and the last of a namespace with it.
        let mut namespaces = Held::new();
        let mut book = lock(&self.book);
        // What is let go is read once more, and nothing runs in it. Who starts something there
        // holds it again.
        namespaces.extend(self.let_go());
        namespaces.extend(Namespace::all().into_iter().map(by_kind));
        let mut totals = Totals::default();
        let last = std::mem::take(&mut book.last);
        for (kind, namespace) in &namespaces {
            let page = book.turn(namespace, last.get(kind), &mut totals);
            book.last.insert(kind.clone(), page);
        }
        totals.counted.clone_from(&book.counted);
        totals.lookups = book.lookups;
        totals
    }

    /// Gives out the held namespaces in which nothing runs any more.
    fn let_go(&self) -> Vec<(NamespaceKind, Namespace)> {
        let mut held = lock(&self.held);
        let is_over = |_: &NamespaceKind, namespace: &mut Namespace| namespace.process_count() == 0;
        held.extract_if(is_over).collect()
    }
}

fn by_kind(namespace: Namespace) -> (NamespaceKind, Namespace) {
    (namespace.kind().clone(), namespace)
}

impl Book {
    /// Reads a namespace, and adds what is new there since the last page.
    fn turn(&mut self, namespace: &Namespace, last: Option<&Page>, totals: &mut Totals) -> Page {
        let snapshot = telemetry::snapshot(namespace);
        let label = labels::namespace(namespace);
        let mut page = Page::default();
        for service in &snapshot.services {
            let name = (label.clone(), service.service);
            let id = (service.module, service.service);
            let earlier = last.and_then(|last| last.services.get(&id));
            let reading = Reading::of(service, earlier);
            let new = match earlier {
                Some(earlier) if reading.follows(earlier) => reading.since(earlier),
                // It was forgotten meanwhile, and began anew.
                _ => reading.since(&Reading::default()),
            };
            *self.counted.entry(name.clone()).or_default() += new;
            if let Some(present) = Present::of(service) {
                *totals.present.entry(name).or_default() += present;
            }
            page.services.insert(id, reading);
        }
        let registry = &snapshot.registry;
        *totals.registered.entry(label).or_default() += registry.entries;
        page.lookups = Lookups {
            hits: registry.hits,
            misses: registry.misses,
        };
        self.lookups += page.lookups.since(last.map(|last| last.lookups));
        page
    }
}

impl Present {
    fn of(service: &ServiceStatistics) -> Option<Self> {
        service.ended.is_none().then_some(Self {
            instances: service.instances,
            messages: service.length,
            capacity: service.capacity,
            age: service.age,
        })
    }
}

impl Lookups {
    /// What came since; all, if the namespace began anew.
    fn since(self, earlier: Option<Self>) -> Self {
        let follows = |was: &Self| self.hits >= was.hits && self.misses >= was.misses;
        let was = earlier.filter(follows).unwrap_or_default();
        Self {
            hits: self.hits - was.hits,
            misses: self.misses - was.misses,
        }
    }
}

impl AddAssign for Present {
    fn add_assign(&mut self, other: Self) {
        self.instances += other.instances;
        self.messages += other.messages;
        self.capacity += other.capacity;
        self.age = match (self.age, other.age) {
            (Some(own), Some(other)) => Some(own.min(other)),
            (own, other) => own.or(other),
        };
    }
}

impl AddAssign for Lookups {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.misses += other.misses;
    }
}
