//! The record of one service in one namespace, over all its places.

use std::time::Duration;

use crate::message::HandlerMeta;
use crate::options::ServiceId;
use crate::rt::{Arc, Instant, Mutex, Numbers, Weak, lock};
use crate::slot::{Counters, Slot};
use crate::stats::durations::Times;
use crate::stats::record::{Ending, Endings};
use crate::tally::Tally;

/// So few places are not worth a sweep. More would keep the memory of as many that are gone from the next ones.
const FEW: usize = 8;

/// Shared by the book of the namespace and the incarnations of the service.
pub(crate) struct ServiceRecord {
    /// Tells it from any other.
    number: u64,
    pub(crate) service: &'static str,
    pub(crate) id: ServiceId,
    pub(crate) handlers: &'static [HandlerMeta],
    /// One more than there are handlers, as in each place.
    times: Box<[Times]>,
    numbers: Numbers,
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    known: Vec<Place>,
    /// What those had counted that are gone.
    past: Sums,
    /// At this number, places that are gone are taken out.
    sweep_at: usize,
}

#[derive(Clone)]
struct Place {
    tally: Arc<Tally>,
    slot: Weak<Slot>,
}

/// What the places of a service counted, together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) endings: Vec<Endings>,
    pub(crate) counters: Counters,
    pub(crate) busy: usize,
    pub(crate) high_water: usize,
    pub(crate) up: Duration,
    pub(crate) down: Duration,
    pub(crate) restarts: u64,
    /// When something ran last, if nothing does now.
    pub(crate) ended: Option<Instant>,
}

/// What there is now.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    pub(crate) running: usize,
    pub(crate) missing: usize,
    pub(crate) length: usize,
    pub(crate) capacity: usize,
    pub(crate) youngest: Option<Duration>,
}

impl ServiceRecord {
    pub(crate) fn new(
        service: &'static str,
        id: ServiceId,
        handlers: &'static [HandlerMeta],
    ) -> Self {
        static NEXT: Numbers = Numbers::new();
        Self {
            number: NEXT.next(),
            service,
            id,
            handlers,
            times: (0..=handlers.len()).map(|_| Times::default()).collect(),
            numbers: Numbers::new(),
            places: Mutex::default(),
        }
    }

    pub(crate) fn times(&self, handler: usize) -> Option<&Times> {
        self.times.get(handler)
    }

    /// Knows a place from now on. Gives its number, from one on, if that is news.
    pub(crate) fn add(&self, tally: &Arc<Tally>, slot: &Arc<Slot>) -> Option<u64> {
        if !tally.record.enlist(self.number) {
            return None;
        }
        let mut places = lock(&self.places);
        if places.known.len() >= places.sweep_at {
            places.sweep();
        }
        places.known.push(Place {
            tally: tally.clone(),
            slot: Arc::downgrade(slot),
        });
        Some(self.numbers.next())
    }

    /// Everything that its places counted, and what is there now.
    pub(crate) fn read(&self, now: Instant) -> (Sums, Presence) {
        let (mut sums, known) = {
            let mut places = lock(&self.places);
            places.sweep();
            (places.past.clone(), places.known.clone())
        };
        let mut presence = Presence::default();
        for place in known {
            presence.add(&place, now);
            sums.add(&place.tally, now);
        }
        if presence.running + presence.missing > 0 {
            sums.ended = None;
        }
        (sums, presence)
    }

    /// When its last incarnation ended; `None` if one runs or is missing.
    pub(crate) fn ended(&self) -> Option<Instant> {
        let places = lock(&self.places);
        let mut ended = places.past.ended;
        for place in &places.known {
            let life = place.tally.record.life();
            if life.is_alive() {
                return None;
            }
            ended = ended.max(life.ended());
        }
        ended
    }
}

impl Places {
    /// Adds those to the past that nobody can use any more.
    fn sweep(&mut self) {
        let now = Instant::now();
        let Self { known, past, .. } = self;
        known.retain(|place| {
            // A place drops its tally last of all: what is the only one has all the counts.
            let gone = place.slot.strong_count() == 0 && Arc::strong_count(&place.tally) == 1;
            if gone {
                past.add(&place.tally, now);
            }
            !gone
        });
        self.sweep_at = (known.len() * 2).max(FEW);
    }
}

impl Presence {
    fn add(&mut self, place: &Place, now: Instant) {
        let life = place.tally.record.life();
        let age = life.age(now);
        if age.is_none() {
            self.missing += usize::from(life.is_alive());
        } else {
            self.running += 1;
        }
        self.youngest = match (self.youngest, age) {
            (Some(youngest), Some(age)) => Some(youngest.min(age)),
            (youngest, age) => youngest.or(age),
        };
        if let Some(slot) = place.slot.upgrade() {
            self.length += slot.queue.length();
            if life.is_alive() {
                self.capacity += slot.spec().options().capacity;
            }
        }
    }
}

impl Sums {
    fn add(&mut self, tally: &Tally, now: Instant) {
        for (handler, endings) in tally.record.endings().enumerate() {
            if self.endings.len() == handler {
                self.endings.push(Endings::default());
            }
            for (sum, count) in self
                .endings
                .iter_mut()
                .skip(handler)
                .take(1)
                .flatten()
                .zip(endings)
            {
                *sum += count;
            }
        }
        let life = tally.record.life();
        self.counters += tally.counters();
        self.busy += usize::from(tally.record.is_busy());
        self.high_water = self.high_water.max(tally.record.high_water());
        self.up += life.up(now);
        self.down += life.down(now);
        self.restarts += life.restarts();
        self.ended = self.ended.max(life.ended());
    }

    /// What was counted of one handler.
    pub(crate) fn of(&self, handler: usize) -> Endings {
        self.endings.get(handler).copied().unwrap_or_default()
    }
}

/// How often a handler ended in this way.
pub(crate) fn count_of(endings: Endings, ending: Ending) -> u64 {
    endings.get(ending as usize).copied().unwrap_or_default()
}
