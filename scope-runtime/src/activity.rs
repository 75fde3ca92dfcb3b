//! What an incarnation does now, for whoever looks at it from outside, also while it does not yield.
//!
//! # Protocol
//! The incarnation numbers its *turns*: `init`, each message, the time in which nothing waits, `terminate`. One
//! atomic holds the number of the turn and the *place* of what runs in the list of all that can; there
//! is one writer, the task, and a store per message. The lock is taken where a handler has to wait,
//! which is when the clock is read, and where something runs that the service does not list. Of a
//! handler that never yields nobody wrote down when it began: its age counts from the first look at
//! it. An age is never too large.
//!
//! A place is published, under the lock, before the first turn that has it.

use std::fmt;
use std::time::Duration;

use crate::blueprint::Blueprint;
use crate::message::{HandlerKind, HandlerMeta};
use crate::process::Process;
use crate::rt::{Arc, AtomicU64, Instant, Mutex, Ordering, lock};

/// How many messages are remembered.
const KEPT: usize = 32;

/// So many bits of the atomic say what runs.
const PLACE_BITS: u32 = 16;
const PLACE_MASK: u64 = (1 << PLACE_BITS) - 1;
/// More that run besides the service's handlers are not told apart.
const MOST: usize = (1 << PLACE_BITS) - 1;

/// The place of nothing; what happens once in a life comes after it.
const IDLE: usize = 0;
/// The place of the first handler that the service lists; what it does not list comes after these.
const FIRST: usize = 1 + Doing::ONCE.len();

#[derive(Default)]
pub(crate) struct Activity {
    /// The number of the turn, and the place of what runs. Written by the task only.
    turn: AtomicU64,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    /// Set once it is known that a service runs.
    service: Option<&'static Blueprint>,
    /// Since when the handler of a turn runs, at least.
    since: Option<(u64, Instant)>,
    rare: Option<Box<Rare>>,
}

/// What few have.
#[derive(Default)]
struct Rare {
    /// Of what ran: messages that the service does not list, and checks.
    others: Vec<HandlerMeta>,
    recent: Option<Recent>,
}

/// What runs in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// A message, or a check.
    Handler(HandlerMeta),
    Init,
    Terminate,
    /// Its state and messages are dropped.
    Drop,
    /// It is over but for a linked task.
    LinkedTask,
}

/// The last messages, in a ring.
struct Recent {
    handlers: [Option<HandlerMeta>; KEPT],
    next: usize,
}

/// The handler that runs, and for how long.
///
/// The age is exact from the handler's first await on; of one that has not come to an await, it
/// counts from the first look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Busy {
    /// Which one.
    pub handler: HandlerMeta,
    /// For how long, at least.
    pub age: Duration,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` runs for {:?}", self.handler.name, self.age)
    }
}

impl Activity {
    /// The handler that runs now, if one does.
    pub(crate) fn now(&self) -> Option<Busy> {
        let mut record = lock(&self.record);
        let turn = self.look();
        let Some(Doing::Handler(handler)) = record.at(turn) else {
            return None;
        };
        let now = Instant::now();
        let since = match record.since {
            Some((of, since)) if of == turn => since,
            _ => now,
        };
        record.since = Some((turn, since));
        let age = now.saturating_duration_since(since);
        Some(Busy { handler, age })
    }

    /// The last messages, oldest first; none unless they are remembered.
    pub(crate) fn recent(&self) -> Vec<HandlerMeta> {
        let record = lock(&self.record);
        let rare = record.rare.as_ref();
        let Some(recent) = rare.and_then(|rare| rare.recent.as_ref()) else {
            return Vec::new();
        };
        let (newer, older) = recent.handlers.split_at(recent.next);
        older.iter().chain(newer).flatten().copied().collect()
    }

    /// Something runs that no message asked for.
    pub(crate) fn enter(&self, doing: Doing) {
        let place = match doing {
            Doing::Handler(handler) => lock(&self.record).place_of(handler),
            once => {
                let index = Doing::ONCE.iter().position(|other| *other == once);
                index.map_or(IDLE, |index| 1 + index)
            }
        };
        self.step(place);
    }

    #[inline]
    fn step(&self, place: usize) {
        // Relaxed: one writer, and the place was published under the lock.
        let number = self.turn.load(Ordering::Relaxed) >> PLACE_BITS;
        let turn = number.wrapping_add(1) << PLACE_BITS | place as u64;
        // Release: who sees the turn sees what was written of it.
        self.turn.store(turn, Ordering::Release);
    }

    fn look(&self) -> u64 {
        self.turn.load(Ordering::Acquire)
    }
}

impl Record {
    /// What runs in a turn.
    fn at(&self, turn: u64) -> Option<Doing> {
        let place = usize::try_from(turn & PLACE_MASK).ok()?;
        let Some(index) = place.checked_sub(FIRST) else {
            return Doing::ONCE.get(place.checked_sub(1)?).copied();
        };
        let listed = self.listed();
        let handler = match index.checked_sub(listed.len()) {
            None => listed.get(index),
            Some(index) => self.rare.as_ref()?.others.get(index),
        };
        handler.copied().map(Doing::Handler)
    }

    fn listed(&self) -> &'static [HandlerMeta] {
        self.service.map_or(&[], |service| service.handlers)
    }

    /// The place of something that the service does not list.
    fn place_of(&mut self, handler: HandlerMeta) -> usize {
        let others = &mut self.rare.get_or_insert_default().others;
        let known = others.iter().position(|other| *other == handler);
        let index = known.unwrap_or_else(|| {
            others.push(handler);
            others.len() - 1
        });
        (FIRST + self.listed().len() + index).min(MOST)
    }
}

impl Doing {
    /// What happens once in a life.
    const ONCE: [Self; 4] = [Self::Init, Self::Terminate, Self::Drop, Self::LinkedTask];
}

/// The end of an [`Activity`] that the task of the service writes.
pub(crate) struct Recorder {
    process: Arc<Process>,
    service: &'static Blueprint,
    /// The handler that ran last, and its place.
    last: Option<&'static str>,
    place: u16,
    /// Each message is remembered.
    remembers: bool,
}

impl Recorder {
    pub(crate) fn new(process: Arc<Process>, service: &'static Blueprint) -> Self {
        let remembers = service.options.debug;
        {
            let mut record = lock(&process.activity().record);
            record.service = Some(service);
            if remembers {
                record.rare.get_or_insert_default().recent = Some(Recent {
                    handlers: [None; KEPT],
                    next: 0,
                });
            }
        }
        Self {
            process,
            service,
            last: None,
            place: 0,
            remembers,
        }
    }

    pub(crate) fn process(&self) -> &Arc<Process> {
        &self.process
    }

    pub(crate) fn service(&self) -> &'static Blueprint {
        self.service
    }

    /// A handler begins. Gives its place in the service's list; what it does not list comes after.
    // By its parts: as a whole it would be copied in other widths than it was just written in.
    #[inline]
    pub(crate) fn begin(&mut self, name: &'static str, kind: HandlerKind) -> usize {
        let place = match self.last {
            // The same handler has the same text, mostly at the same address.
            Some(last) if std::ptr::eq(last, name) && kind != HandlerKind::Health => {
                self.place.into()
            }
            _ => self.find(name, kind),
        };
        // Checks come at intervals, and would soon be all that is remembered.
        if self.remembers && kind != HandlerKind::Health {
            self.remember(HandlerMeta { name, kind });
        }
        self.process.activity().step(place);
        place - FIRST
    }

    fn find(&mut self, name: &'static str, kind: HandlerKind) -> usize {
        let handler = HandlerMeta { name, kind };
        let same = |other: &HandlerMeta| std::ptr::eq(other.name, name) && other.kind == kind;
        let equal = |other: &HandlerMeta| *other == handler;
        let handlers = self.service.handlers;
        let listed = handlers.iter().position(same);
        let listed = listed.or_else(|| handlers.iter().position(equal));
        let place = match listed {
            Some(index) => FIRST + index,
            None => lock(&self.process.activity().record).place_of(handler),
        };
        // A check may have the name of a message.
        if kind != HandlerKind::Health {
            // No place is larger.
            self.place = u16::try_from(place).unwrap_or(u16::MAX);
            self.last = Some(name);
        }
        place
    }

    /// It has to wait; worth saying once.
    pub(crate) fn wait(&self) {
        let activity = self.process.activity();
        let mut record = lock(&activity.record);
        let turn = activity.look();
        match record.since {
            Some((of, _)) if of == turn => {}
            _ => record.since = Some((turn, Instant::now())),
        }
    }

    /// It has ended.
    #[inline]
    pub(crate) fn end(&mut self) {
        self.process.activity().step(IDLE);
    }

    fn remember(&mut self, handler: HandlerMeta) {
        let mut record = lock(&self.process.activity().record);
        let rare = record.rare.as_mut();
        if let Some(recent) = rare.and_then(|rare| rare.recent.as_mut()) {
            if let Some(place) = recent.handlers.get_mut(recent.next) {
                *place = Some(handler);
            }
            recent.next = (recent.next + 1) % KEPT;
        }
    }
}

/// A look at a turn, to be compared with later ones. It needs no clock on the other side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    turn: u64,
    since: Instant,
}

/// A turn that goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lasting {
    doing: Option<Doing>,
    /// At least.
    age: Duration,
}

impl Watch {
    pub(crate) fn new(activity: &Activity) -> Self {
        Self::since(Instant::now(), activity)
    }

    /// For who has just looked at the clock.
    pub(crate) fn since(now: Instant, activity: &Activity) -> Self {
        Self {
            turn: activity.look(),
            since: now,
        }
    }

    /// Looks again: what goes on, and for how long it has been seen.
    pub(crate) fn look(&mut self, activity: &Activity) -> Lasting {
        let turn = activity.look();
        if turn != self.turn {
            *self = Self::new(activity);
        }
        Lasting {
            doing: lock(&activity.record).at(turn),
            age: self.since.elapsed(),
        }
    }
}

impl fmt::Display for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.doing {
            Some(Doing::Handler(HandlerMeta { name, .. })) => write!(f, "in `{name}`")?,
            Some(Doing::Init) => f.write_str("in `init`")?,
            Some(Doing::Terminate) => f.write_str("in `terminate`")?,
            Some(Doing::Drop) => f.write_str("dropping its state")?,
            Some(Doing::LinkedTask) => f.write_str("in a linked task")?,
            None => f.write_str("running")?,
        }
        // Whole milliseconds: the digits after them say nothing.
        let age = Duration::from_millis(u64::try_from(self.age.as_millis()).unwrap_or(u64::MAX));
        write!(f, " for {age:?} or more")
    }
}
