//! The book of a namespace: the record of every service that ran there.
//!
//! There is one for each service type, however many instances it has. The record of a service that
//! ended stays for a quarter of an hour, and those of the last 64 only; it goes with its namespace
//! at the latest.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::time::Duration;

use crate::message::HandlerMeta;
use crate::options::ServiceId;
use crate::registry::Hashed;
use crate::rt::{Arc, AtomicU64, Instant, Mutex, Ordering, lock};
use crate::stats::clock;
use crate::stats::durations::Durations;
use crate::stats::service::ServiceRecord;

/// How long the record of a service is kept that ended.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(15 * 60);

/// How many of them are kept.
pub(crate) const KEPT: usize = 64;

type Records = HashMap<Name, Arc<ServiceRecord>, BuildHasherDefault<Hashed>>;

/// A service by its module and its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    module: &'static str,
    service: &'static str,
    /// Its id's, which is known since it was compiled.
    hash: u64,
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

#[derive(Default)]
pub(crate) struct Book {
    records: Mutex<Records>,
    pub(crate) lookups: Lookups,
}

impl Book {
    /// The record of a service, for an incarnation that is about to start.
    pub(crate) fn record(
        &self,
        service: &'static str,
        id: ServiceId,
        handlers: &'static [HandlerMeta],
    ) -> Arc<ServiceRecord> {
        let mut records = lock(&self.records);
        let key = Name {
            module: id.module,
            service,
            hash: id.hash,
        };
        if let Some(known) = records.get(&key) {
            return known.clone();
        }
        let record = Arc::new(ServiceRecord::new(service, id, handlers));
        records.insert(key, record.clone());
        forget_old(&mut records, Instant::now());
        record
    }

    /// All records that are kept, sorted by name and module.
    pub(crate) fn records(&self, now: Instant) -> Vec<Arc<ServiceRecord>> {
        let mut sorted: Vec<_> = {
            let mut records = lock(&self.records);
            forget_old(&mut records, now);
            records.values().cloned().collect()
        };
        sorted.sort_by_key(|record| (record.service, record.id.module));
        sorted
    }
}

/// Forgets the services that ended long ago, and the oldest of too many.
fn forget_old(records: &mut Records, now: Instant) {
    let mut ended: Vec<_> = records
        .iter()
        // Whoever else has a record is an incarnation, or reads it.
        .filter(|(_, record)| Arc::strong_count(record) == 1)
        .filter_map(|(key, record)| Some((record.ended()?, *key)))
        .collect();
    ended.sort_unstable();
    let excess = ended.len().saturating_sub(KEPT);
    for (number, (at, key)) in ended.into_iter().enumerate() {
        if number < excess || now.saturating_duration_since(at) > KEPT_FOR {
            records.remove(&key);
        }
    }
}

/// One lookup in this many is measured.
const ONE_OF: u64 = 64;

/// How the names of a namespace were looked up.
#[derive(Default)]
pub(crate) struct Lookups {
    hits: AtomicU64,
    misses: AtomicU64,
    times: Mutex<Durations>,
}

impl Lookups {
    /// Looks a name up, and counts whether something was there.
    pub(crate) fn count<T>(&self, look_up: impl FnOnce() -> Option<T>) -> Option<T> {
        let number = self.hits.load(Ordering::Relaxed) + self.misses.load(Ordering::Relaxed);
        let began = number.is_multiple_of(ONE_OF).then(clock::ticks);
        let found = look_up();
        if let Some(began) = began {
            let took = clock::nanoseconds(began, clock::ticks());
            lock(&self.times).record(took, 1);
        }
        let count = if found.is_some() {
            &self.hits
        } else {
            &self.misses
        };
        count.fetch_add(1, Ordering::Relaxed);
        found
    }

    pub(crate) fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    pub(crate) fn misses(&self) -> u64 {
        self.misses.load(Ordering::Relaxed)
    }

    pub(crate) fn times(&self) -> Durations {
        lock(&self.times).clone()
    }
}
