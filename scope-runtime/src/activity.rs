//! What an incarnation does now, for whoever looks at it from outside.
//!
//! # Protocol
//! Only the loop of the service counts *turns*: an odd one while a handler runs, an even one between
//! two. So a message costs two stores; the lock is taken where the handler is another one than
//! before, or where it has to wait, which is when the clock is read. Of a handler that never yields
//! nobody wrote down when it began: its age counts from the first look at it. An age is never too
//! large.
//!
//! A reader looks at the turn under the lock. A handler is written down before its turn begins, and
//! after the turn before it has ended, so the two belong together.

use std::fmt;
use std::time::Duration;

use crate::message::{HandlerKind, HandlerMeta};
use crate::process::Process;
use crate::rt::{Arc, AtomicU64, Instant, Mutex, Ordering, lock};

/// How many messages are remembered.
const KEPT: usize = 32;

#[derive(Default)]
pub(crate) struct Activity {
    /// Written by the loop only.
    turn: AtomicU64,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    handler: Option<HandlerMeta>,
    /// Since when the handler of a turn runs, at least.
    since: Option<(u64, Instant)>,
    recent: Option<Box<Recent>>,
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
        let turn = self.turn.load(Ordering::Acquire);
        let handler = record.handler.filter(|_| turn % 2 == 1)?;
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
        let Some(recent) = &record.recent else {
            return Vec::new();
        };
        let (newer, older) = recent.handlers.split_at(recent.next);
        older.iter().chain(newer).flatten().copied().collect()
    }
}

/// The end of an [`Activity`] that the loop of the service writes.
pub(crate) struct Recorder {
    process: Arc<Process>,
    turn: u64,
    /// What the record says.
    handler: Option<HandlerMeta>,
    /// Each message is remembered.
    remembers: bool,
}

impl Recorder {
    pub(crate) fn new(process: Arc<Process>, remembers: bool) -> Self {
        if remembers {
            lock(&process.activity().record).recent = Some(Box::new(Recent {
                handlers: [None; KEPT],
                next: 0,
            }));
        }
        Self {
            process,
            turn: 0,
            handler: None,
            remembers,
        }
    }

    /// A handler begins.
    #[inline]
    pub(crate) fn begin(&mut self, handler: HandlerMeta) {
        if self.remembers || self.handler != Some(handler) {
            self.write(handler);
        }
        self.step();
    }

    /// It has to wait; worth saying once.
    pub(crate) fn wait(&self) {
        let mut record = lock(&self.process.activity().record);
        match record.since {
            Some((of, _)) if of == self.turn => {}
            _ => record.since = Some((self.turn, Instant::now())),
        }
    }

    /// It has ended.
    #[inline]
    pub(crate) fn end(&mut self) {
        self.step();
    }

    fn step(&mut self) {
        self.turn += 1;
        // Release: who sees the turn sees what was written of it.
        let turn = &self.process.activity().turn;
        turn.store(self.turn, Ordering::Release);
    }

    fn write(&mut self, handler: HandlerMeta) {
        self.handler = Some(handler);
        let mut record = lock(&self.process.activity().record);
        record.handler = Some(handler);
        if handler.kind == HandlerKind::Health {
            // It comes at intervals, and would soon be all that is remembered.
            return;
        }
        if let Some(recent) = &mut record.recent {
            if let Some(place) = recent.handlers.get_mut(recent.next) {
                *place = Some(handler);
            }
            recent.next = (recent.next + 1) % KEPT;
        }
    }
}
