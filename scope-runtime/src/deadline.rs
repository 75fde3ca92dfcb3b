//! Deadlines of calls: one timer per runtime instead of one per call.
//!
//! # Protocol
//! A call that is sent leaves its limit and waker in a table and takes a ticket, which travels with its
//! message; when it is done it gives the ticket back. Both are a push and a pop under a short lock. A
//! *sweeper* task sleeps until the earliest deadline it saw, wakes whoever is due, and ends when nobody
//! waits. It runs where the caller runs who needs it first; if that runtime goes away, the next one
//! starts another. A deadline earlier than the one it sleeps for wakes it up.
//!
//! Reading the clock costs a call as much as its way to the service. So where calls come in numbers the
//! sweeper *ticks*: it looks every few milliseconds, and only then begins the time of the calls that came
//! since. So a deadline is never early, and late by a tick and the grain of tokio's timers, 5 ms together.
//! Under paused time it never ticks, and deadlines are exact.
//!
//! Who asks for the deadline behind a ticket, because calls inherit it, begins its time if nobody has. Of
//! a caller that is gone the table remembers, until the place is used again, whether its time was up.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::mem;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::rt::{
    Arc, AtomicUsize, Instant, Mutex, MutexGuard, Ordering, Runtime, RuntimeId, Sleep, Weak, after,
    global, lock, sleep_until, stands_still,
};

global! { static TABLES: Mutex<HashMap<RuntimeId, Weak<Deadlines>>> = Mutex::default(); }

/// How often a ticking sweeper looks.
const TICK: Duration = Duration::from_millis(4);

/// So many calls that read the clock, since it looked last, make the sweeper tick.
const MANY: u32 = 64;

/// With fewer calls in a tick, it stops ticking.
const FEW: u32 = 16;

/// The deadlines that callers wait for on one runtime.
pub(crate) struct Deadlines {
    runtime: Runtime,
    /// How often somebody's time was up.
    expiries: AtomicUsize,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    entries: Vec<Entry>,
    free: Vec<u32>,
    /// Whose time begins with the next look.
    fresh: Vec<u32>,
    /// No deadline is earlier; `None` if there is none.
    earliest: Option<Instant>,
    /// The sweeper looks soon, so that nobody else has to look at the clock.
    ticking: bool,
    /// How many came since the sweeper looked.
    came: u32,
    /// When the sweeper wakes; `None` while there is no sweeper.
    armed: Option<Instant>,
    sweeper: Option<Waker>,
}

struct Entry {
    generation: NonZeroU32,
    /// It is among the fresh.
    listed: bool,
    state: State,
}

enum State {
    /// The caller before was told that its time is up, or was not.
    Free {
        was_late: bool,
    },
    Waiting {
        limit: Limit,
        waker: Waker,
    },
    Expired,
}

/// Until when something may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Until(Instant),
    /// From the next look on.
    Within(Duration),
}

impl Limit {
    /// The same, from now on.
    pub(crate) fn begun(self) -> Self {
        match self {
            Self::Within(time) => Self::Until(after(Instant::now(), time)),
            until @ Self::Until(_) => until,
        }
    }
}

/// A place in the table. Given back with [`Deadlines::remove`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    index: u32,
    generation: NonZeroU32,
}

/// What is left of somebody's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    Until(Instant),
    /// It was over before it was asked for.
    Nothing,
    /// Nobody waits, or not any more.
    Endless,
}

impl Deadlines {
    /// The table of the runtime that this runs on.
    pub(crate) fn of_this_runtime() -> Option<Arc<Self>> {
        let runtime = Runtime::current()?;
        let mut tables = lock(&TABLES);
        if let Some(known) = tables.get(&runtime.id()).and_then(Weak::upgrade) {
            return Some(known);
        }
        tables.retain(|_, table| table.strong_count() > 0);
        let id = runtime.id();
        let made = Arc::new(Self {
            runtime,
            expiries: AtomicUsize::new(0),
            table: Mutex::default(),
        });
        tables.insert(id, Arc::downgrade(&made));
        Some(made)
    }

    /// Wakes `waker` when the time is up.
    pub(crate) fn add(self: &Arc<Self>, limit: Limit, waker: Waker) -> Ticket {
        let mut table = lock(&self.table);
        table.came = table.came.saturating_add(1);
        let limit = match limit {
            Limit::Within(_) if table.ticking => limit,
            _ => limit.begun(),
        };
        let ticket = table.put(limit, waker);
        match limit {
            Limit::Within(_) => table.list(ticket.index),
            Limit::Until(deadline) => {
                table.expect(deadline);
                let wanted = if table.came == MANY {
                    deadline.min(Instant::now())
                } else {
                    deadline
                };
                self.arm(table, wanted);
            }
        }
        ticket
    }

    /// Sees to it that the sweeper wakes at `deadline`.
    fn arm(self: &Arc<Self>, mut table: MutexGuard<'_, Table>, deadline: Instant) {
        let armed = table.armed;
        if armed.is_some_and(|armed| armed <= deadline) {
            return;
        }
        table.armed = Some(deadline);
        let sweeper = table.sweeper.take();
        drop(table);
        match (armed, sweeper) {
            (Some(_), Some(sweeper)) => sweeper.wake(),
            // The sweeper runs right now and will see the table.
            (Some(_), None) => {}
            (None, _) => self.start_sweeper(),
        }
    }

    /// Ready once the deadline has come; else wakes `cx` then.
    #[cold]
    pub(crate) fn poll_expired(self: &Arc<Self>, ticket: Ticket, cx: &Context<'_>) -> Poll<()> {
        let mut table = lock(&self.table);
        let Some(entry) = table.entry(ticket) else {
            return Poll::Ready(());
        };
        let State::Waiting { limit, waker } = &mut entry.state else {
            return Poll::Ready(());
        };
        if let Limit::Until(deadline) = *limit
            && deadline <= Instant::now()
        {
            let before = mem::replace(&mut entry.state, State::Expired);
            self.expiries.fetch_add(1, Ordering::Relaxed);
            drop(table);
            drop(before);
            return Poll::Ready(());
        }
        let before = if waker.will_wake(cx.waker()) {
            None
        } else {
            Some(mem::replace(waker, cx.waker().clone()))
        };
        match *limit {
            // The sweeper may have ended with its runtime.
            Limit::Until(deadline) => self.arm(table, deadline),
            Limit::Within(_) => drop(table),
        }
        drop(before);
        Poll::Pending
    }

    /// What is left of the time of a caller.
    #[cold]
    pub(crate) fn left(&self, ticket: Ticket) -> Left {
        let mut table = lock(&self.table);
        if table.entry(ticket).is_none() {
            return table.memory_of(ticket);
        }
        table.begin_fresh(Instant::now());
        match table.entry(ticket).map(|entry| &entry.state) {
            Some(State::Waiting {
                limit: Limit::Until(deadline),
                ..
            }) => Left::Until(*deadline),
            Some(State::Expired) => Left::Nothing,
            _ => Left::Endless,
        }
    }

    /// Gives the ticket back.
    pub(crate) fn remove(&self, ticket: Ticket) {
        let mut table = lock(&self.table);
        let Some(entry) = table.entry(ticket) else {
            return;
        };
        let was_late = matches!(entry.state, State::Expired);
        let gone = mem::replace(&mut entry.state, State::Free { was_late });
        entry.generation = entry.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        table.free.push(ticket.index);
        drop(table);
        // A waker's destructor is foreign code: not under the lock.
        drop(gone);
    }

    fn start_sweeper(self: &Arc<Self>) {
        let mut sweeper = Sweeper {
            deadlines: self.clone(),
            sleep: None,
            done: false,
        };
        // It ends by itself when nobody waits.
        self.run(poll_fn(move |cx| sweeper.poll(cx)));
    }

    /// Runs something short on the runtime of these deadlines.
    pub(crate) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.run(task);
    }

    /// Wakes whoever is due.
    pub(crate) fn wake_due(&self) {
        let due = lock(&self.table).take_due(Instant::now());
        self.wake(due);
    }

    fn wake(&self, due: Vec<Waker>) {
        if !due.is_empty() {
            self.expiries.fetch_add(1, Ordering::Relaxed);
        }
        due.into_iter().for_each(Waker::wake);
    }

    /// Changes when somebody's time is up.
    #[inline]
    pub(crate) fn expiries(&self) -> usize {
        self.expiries.load(Ordering::Relaxed)
    }

    /// True if the caller was told that its time is up, or was to be told.
    #[cold]
    pub(crate) fn is_expired(&self, ticket: Ticket) -> bool {
        let mut table = lock(&self.table);
        table
            .entry(ticket)
            .is_none_or(|entry| matches!(entry.state, State::Expired))
    }

    /// Wakes whoever is due; says when to look again.
    fn sweep(&self, cx: &Context<'_>) -> Option<Instant> {
        let (now, stands_still) = (Instant::now(), stands_still());
        let mut table = lock(&self.table);
        let due = table.take_due(now);
        let came = mem::take(&mut table.came);
        table.ticking = !stands_still && came >= if table.ticking { FEW } else { MANY };
        let tick = table.ticking.then(|| now + TICK);
        let next = match (tick, table.earliest) {
            (Some(tick), Some(earliest)) => Some(tick.min(earliest)),
            (tick, earliest) => tick.or(earliest),
        };
        table.armed = next;
        table.sweeper = next.map(|_| cx.waker().clone());
        drop(table);
        self.wake(due);
        next
    }
}

impl Table {
    fn put(&mut self, limit: Limit, waker: Waker) -> Ticket {
        let index = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry {
                generation: NonZeroU32::MIN,
                listed: false,
                state: State::Free { was_late: false },
            });
            // A table of four billion calls that wait does not fit into memory.
            u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
        });
        let entry = &mut self.entries[index as usize];
        entry.state = State::Waiting { limit, waker };
        Ticket {
            index,
            generation: entry.generation,
        }
    }

    /// The entry behind a ticket that was not given back.
    fn entry(&mut self, ticket: Ticket) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(ticket.index as usize)?;
        (entry.generation == ticket.generation).then_some(entry)
    }

    /// What is known of a ticket that was given back.
    fn memory_of(&self, ticket: Ticket) -> Left {
        let next = ticket.generation.checked_add(1);
        match self.entries.get(ticket.index as usize) {
            Some(Entry {
                generation,
                state: State::Free { was_late: true },
                ..
            }) if Some(*generation) == next => Left::Nothing,
            _ => Left::Endless,
        }
    }

    /// Its time begins with the next look.
    fn list(&mut self, index: u32) {
        let entry = &mut self.entries[index as usize];
        // A place is used again and again between two looks.
        if !mem::replace(&mut entry.listed, true) {
            self.fresh.push(index);
        }
    }

    fn expect(&mut self, deadline: Instant) {
        self.earliest = Some(self.earliest.map_or(deadline, |it| it.min(deadline)));
    }

    /// Begins the time of those that came since the last look.
    fn begin_fresh(&mut self, now: Instant) {
        // Emptied and put back: it keeps what it has allocated.
        let mut fresh = mem::take(&mut self.fresh);
        for index in fresh.drain(..) {
            let entry = &mut self.entries[index as usize];
            entry.listed = false;
            if let State::Waiting { limit, .. } = &mut entry.state
                && let Limit::Within(time) = *limit
            {
                let deadline = after(now, time);
                *limit = Limit::Until(deadline);
                self.expect(deadline);
            }
        }
        self.fresh = fresh;
    }

    /// Those whose time is up.
    fn take_due(&mut self, now: Instant) -> Vec<Waker> {
        self.begin_fresh(now);
        let mut due = Vec::new();
        if self.earliest.is_none_or(|earliest| earliest > now) {
            return due;
        }
        self.earliest = None;
        for index in 0..self.entries.len() {
            let State::Waiting {
                limit: Limit::Until(deadline),
                ..
            } = self.entries[index].state
            else {
                continue;
            };
            if deadline > now {
                self.expect(deadline);
            } else if let State::Waiting { waker, .. } =
                mem::replace(&mut self.entries[index].state, State::Expired)
            {
                due.push(waker);
            }
        }
        due
    }
}

struct Sweeper {
    deadlines: Arc<Deadlines>,
    sleep: Option<Pin<Box<Sleep>>>,
    /// Nobody waited after its last sweep.
    done: bool,
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let mut wakers = Vec::new();
        {
            let mut table = lock(&self.deadlines.table);
            table.armed = None;
            table.sweeper = None;
            table.ticking = false;
            table.begin_fresh(Instant::now());
            // Its runtime went away: who waits on another one starts the next sweeper there. One
            // that never ran would only be started in vain again.
            if self.sleep.is_some() {
                wakers.extend(table.entries.iter().filter_map(|entry| match &entry.state {
                    State::Waiting { waker, .. } => Some(waker.clone()),
                    State::Free { .. } | State::Expired => None,
                }));
            }
        }
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Sweeper {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(next) = self.deadlines.sweep(cx) {
            let sleep = self
                .sleep
                .get_or_insert_with(|| Box::pin(sleep_until(next)));
            sleep.as_mut().reset(next);
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        self.done = true;
        Poll::Ready(())
    }
}
