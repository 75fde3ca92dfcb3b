//! Deadlines of calls: one timer per runtime instead of one per call.
//!
//! # Protocol
//! A call that is sent leaves its limit and waker in a table and takes a ticket, which travels with its
//! message; when it is done it gives the ticket back. Both are a push and a pop under a short lock. A
//! *sweeper* task sleeps until the earliest deadline it saw, wakes whoever is due, and ends when nobody
//! waits. It runs where the service ran first; if that runtime goes away, where the next caller runs who needs it. A deadline earlier than the one it sleeps for wakes it up.
//!
//! Reading the clock costs a call as much as its way to the service. So where calls come in numbers the
//! sweeper *ticks*: it looks every few milliseconds, and only then begins the time of the calls that came
//! since. So a deadline is never early, and late by a tick and the grain of tokio's timers, 5 ms together, besides what a
//! busy machine adds. Under paused time it does not tick, and deadlines are exact; where time is paused in the middle
//! of that, a tick later.
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
    Arc, AtomicBool, AtomicUsize, Instant, Mutex, MutexGuard, Ordering, Runtime, RuntimeId, Sleep,
    Weak, after, global, lock, sleep_until, stands_still,
};

global! { static TABLES: Mutex<HashMap<RuntimeId, Weak<Deadlines>>> = Mutex::default(); }

/// How often a ticking sweeper looks.
const TICK: Duration = Duration::from_millis(3);

/// So many calls that read the clock, since it looked last, make the sweeper tick.
const MANY: u32 = 64;

/// With fewer calls in a tick, it stops ticking.
const FEW: u32 = 16;

/// The deadlines that callers wait for on one runtime.
pub(crate) struct Deadlines {
    runtime: Runtime,
    /// A sweeper was dropped before it ran: the runtime went away.
    is_gone: AtomicBool,
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

/// Its parts are written one by one: moved as a whole, they would be copied twice for each call.
struct Entry {
    generation: NonZeroU32,
    stage: Stage,
    /// It is among the fresh.
    listed: bool,
    limit: Limit,
    /// Of whom waits.
    waker: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Free,
    /// The caller before was told that its time is up.
    FreeAfterExpiry,
    Waiting,
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

impl Ticket {
    /// A number that is not zero.
    #[inline]
    pub(crate) fn to_bits(self) -> u64 {
        u64::from(self.generation.get()) << 32 | u64::from(self.index)
    }

    /// The ticket with this number; none has zero.
    pub(crate) fn from_bits(bits: u64) -> Option<Self> {
        let generation = NonZeroU32::new(u32::try_from(bits >> 32).ok()?)?;
        let index = u32::try_from(bits & u64::from(u32::MAX)).ok()?;
        Some(Self { index, generation })
    }
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
            is_gone: AtomicBool::new(false),
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
                let wanted = if table.came == MANY && !table.ticking {
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
            (None, _) => self.start_sweeper(deadline),
        }
    }

    /// Ready once the deadline has come; else wakes `cx` then.
    #[cold]
    pub(crate) fn poll_expired(self: &Arc<Self>, ticket: Ticket, cx: &Context<'_>) -> Poll<()> {
        let mut table = lock(&self.table);
        let Some(entry) = table.entry(ticket) else {
            return Poll::Ready(());
        };
        if entry.stage != Stage::Waiting {
            return Poll::Ready(());
        }
        if let Limit::Until(deadline) = entry.limit
            && deadline <= Instant::now()
        {
            entry.stage = Stage::Expired;
            let before = entry.waker.take();
            self.expiries.fetch_add(1, Ordering::Relaxed);
            drop(table);
            drop(before);
            return Poll::Ready(());
        }
        let limit = entry.limit;
        let known = entry.waker.as_ref();
        let before = if known.is_some_and(|waker| waker.will_wake(cx.waker())) {
            None
        } else {
            entry.waker.replace(cx.waker().clone())
        };
        match limit {
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
        let entry = table.entry(ticket);
        match entry.map(|entry| (entry.stage, entry.limit)) {
            Some((Stage::Waiting, Limit::Until(deadline))) => Left::Until(deadline),
            Some((Stage::Expired, _)) => Left::Nothing,
            _ => Left::Endless,
        }
    }

    /// Gives the ticket back.
    pub(crate) fn remove(&self, ticket: Ticket) {
        let mut table = lock(&self.table);
        let Some(entry) = table.entry(ticket) else {
            return;
        };
        entry.stage = match entry.stage {
            Stage::Expired => Stage::FreeAfterExpiry,
            _ => Stage::Free,
        };
        let gone = entry.waker.take();
        entry.generation = entry.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        table.free.push(ticket.index);
        drop(table);
        // A waker's destructor is foreign code: not under the lock.
        drop(gone);
    }

    /// Starts it where the service runs: a caller's runtime may be left alone in the middle of a call.
    fn start_sweeper(self: &Arc<Self>, deadline: Instant) {
        self.runtime.run_there(Sweeper::start(self.clone()));
        if self.is_gone.swap(false, Ordering::Relaxed) {
            lock(&self.table).armed = Some(deadline);
            self.run(Sweeper::start(self.clone()));
        }
    }

    /// Runs something short on the runtime of these deadlines.
    pub(crate) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.run(task);
    }

    /// Wakes whoever is due.
    pub(crate) fn wake_due(&self) {
        let mut table = lock(&self.table);
        let due = self.take_due(&mut table, Instant::now());
        drop(table);
        due.into_iter().for_each(Waker::wake);
    }

    /// Those whose time is up; counted before anybody can see that it is.
    fn take_due(&self, table: &mut Table, now: Instant) -> Vec<Waker> {
        let due = table.take_due(now);
        if !due.is_empty() {
            self.expiries.fetch_add(1, Ordering::Relaxed);
        }
        due
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
            .is_none_or(|entry| entry.stage == Stage::Expired)
    }

    /// Wakes whoever is due; says when to look again.
    fn sweep(&self, cx: &Context<'_>) -> Option<Instant> {
        let stands_still = stands_still();
        let mut table = lock(&self.table);
        // Under the lock: whoever comes later began later.
        let now = Instant::now();
        let due = self.take_due(&mut table, now);
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
        due.into_iter().for_each(Waker::wake);
        next
    }
}

impl Table {
    fn put(&mut self, limit: Limit, waker: Waker) -> Ticket {
        let index = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry {
                generation: NonZeroU32::MIN,
                listed: false,
                stage: Stage::Free,
                limit,
                waker: None,
            });
            // A table of four billion calls that wait does not fit into memory.
            u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
        });
        let entry = &mut self.entries[index as usize];
        entry.stage = Stage::Waiting;
        entry.limit = limit;
        entry.waker = Some(waker);
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
                stage: Stage::FreeAfterExpiry,
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
            if let (Stage::Waiting, Limit::Within(time)) = (entry.stage, entry.limit) {
                let deadline = after(now, time);
                entry.limit = Limit::Until(deadline);
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
        let mut earliest: Option<Instant> = None;
        for entry in &mut self.entries {
            let (Stage::Waiting, Limit::Until(deadline)) = (entry.stage, entry.limit) else {
                continue;
            };
            if deadline > now {
                earliest = Some(earliest.map_or(deadline, |it| it.min(deadline)));
            } else {
                entry.stage = Stage::Expired;
                due.extend(entry.waker.take());
            }
        }
        self.earliest = earliest;
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
        if self.sleep.is_none() {
            self.deadlines.is_gone.store(true, Ordering::Relaxed);
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
                let waiting = |entry: &&Entry| entry.stage == Stage::Waiting;
                let waiting = table.entries.iter().filter(waiting);
                wakers.extend(waiting.filter_map(|entry| entry.waker.clone()));
            }
        }
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Sweeper {
    /// It ends by itself when nobody waits.
    fn start(deadlines: Arc<Deadlines>) -> impl Future<Output = ()> {
        let mut sweeper = Self {
            deadlines,
            sleep: None,
            done: false,
        };
        poll_fn(move |cx| sweeper.poll(cx))
    }

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
