//! Deadlines of calls: one timer per runtime instead of one per call.
//!
//! # Protocol
//! A call that is sent leaves its limit and waker in a table (`table.rs`), under a short lock, and takes a ticket, which
//! travels with its message; when it is done it gives the ticket back. If its time has not begun, that is a
//! store to a cell of its place (`places.rs`), without the lock. A
//! *sweeper* task sleeps until the earliest deadline it saw, wakes whoever is due, and ends when nobody
//! waits. It runs where the service ran first; if that runtime goes away, where the next caller runs who needs it. A deadline earlier than the one it sleeps for wakes it up.
//!
//! Reading the clock costs a call as much as its way to the service. So where calls come in numbers the
//! sweeper *ticks*: it looks every few milliseconds, and only then begins the time of the calls that came
//! since. So a deadline is never early, and late by a tick and the grain of tokio's timers, 5 ms together, besides what a
//! busy machine adds: where all threads are held by what does not yield, the tick comes when one does. Under paused time
//! it does not tick, and deadlines are exact; where time is paused in the middle of that, a tick later.
//!
//! The sweeper shares the threads of the service's runtime, which may be blocked, or driven by nobody. So a call from
//! another runtime, or from none, also waits in a second table, the *guests'*, whose sweeper has a thread to itself. It
//! is in the first as well, for those who inherit its deadline. Where somebody runs is asked once for each waker.
//! That thread also has the sweeper of a runtime without timers, once one has panicked there.
//!
//! Who asks for the deadline behind a ticket, because calls inherit it, begins its time if nobody has. Of
//! a caller that is gone the table remembers, until the place is used again, whether its time was up.

mod begun;
mod news;
mod places;
mod table;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::rt::{
    Arc, AtomicBool, AtomicUsize, Instant, Mutex, MutexGuard, Ordering, Runtime, RuntimeId, Sleep,
    Weak, global, lock, panicking, sleep_until, stands_still,
};
use crate::waking::wake_all;

pub(crate) use self::news::{Beat, News};
use self::places::Places;
use self::table::{Found, Look, Put, Table};
pub(crate) use self::table::{Left, Limit, Owner, Ticket};

global! { static TABLES: Mutex<HashMap<RuntimeId, Weak<Deadlines>>> = Mutex::default(); }

// One for all: it needs a thread, and calls from one runtime to another are few.
global! { static GUESTS: Option<Arc<Deadlines>> = Runtime::with_own_thread().map(Deadlines::on); }

/// How often a ticking sweeper looks.
const TICK: Duration = Duration::from_millis(3);

/// So many calls that read the clock, since it looked last, make the sweeper tick.
const MANY: u32 = if cfg!(scope_shuttle) { 2 } else { 64 };

/// With fewer calls in a tick, it stops ticking.
const FEW: u32 = if cfg!(scope_shuttle) { 1 } else { 16 };

/// No sweeper is being started.
const SETTLED: usize = 0;
/// Somebody starts one.
const STARTING: usize = 1;
/// It was dropped meanwhile, before it ran.
const DROPPED: usize = 2;

/// The deadlines that callers wait for on one runtime.
pub(crate) struct Deadlines {
    runtime: Runtime,
    /// A sweeper panicked there: it has no timers.
    timeless: AtomicBool,
    /// How the start of a sweeper goes.
    start: AtomicUsize,
    news: News,
    places: Places,
    table: Mutex<Table>,
}

impl Deadlines {
    /// The table of the runtime that this runs on; perhaps that one, for less.
    pub(crate) fn of_this_runtime(perhaps: Option<&Arc<Self>>) -> Option<Arc<Self>> {
        let runtime = Runtime::current()?;
        if let Some(known) = perhaps.filter(|known| known.runtime.id() == runtime.id()) {
            return Some(known.clone());
        }
        let mut tables = lock(&TABLES);
        if let Some(known) = tables.get(&runtime.id()).and_then(Weak::upgrade) {
            return Some(known);
        }
        tables.retain(|_, table| table.strong_count() > 0);
        let id = runtime.id();
        let made = Self::on(runtime);
        tables.insert(id, Arc::downgrade(&made));
        Some(made)
    }

    /// The table of those who call a service of another runtime, which may be blocked or left alone meanwhile; `None`
    /// if there is no thread for it.
    #[cold]
    pub(crate) fn of_guests() -> Option<Arc<Self>> {
        GUESTS.clone()
    }

    fn on(runtime: Runtime) -> Arc<Self> {
        Arc::new(Self {
            timeless: AtomicBool::new(false),
            start: AtomicUsize::new(SETTLED),
            news: News::default(),
            places: Places::new(),
            table: Mutex::new(Table::on(&runtime)),
            runtime,
        })
    }

    /// Wakes `waker` when the time is up. Also says where its owner runs.
    pub(crate) fn add(self: &Arc<Self>, limit: Limit, waker: &Waker) -> (Ticket, Owner) {
        let mut table = lock(&self.table);
        table.came = table.came.saturating_add(1);
        let limit = match limit {
            Limit::Within(_) if table.ticking => limit,
            _ => limit.begun(),
        };
        let Put {
            ticket,
            owner,
            before,
        } = table.put(&self.places, limit, waker);
        match limit {
            Limit::Within(_) => drop(table),
            Limit::Until(deadline) => {
                self.news.begun(table.ticking);
                let wanted = if table.came == MANY && !table.ticking {
                    deadline.min(Instant::now())
                } else {
                    deadline
                };
                self.arm(table, wanted);
            }
        }
        drop(before);
        (ticket, owner)
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
        let (poll, before) = match table.look(&self.places, ticket, cx.waker()) {
            Look::Over(before) => {
                self.news.expired(table.ticking);
                drop(table);
                (Poll::Ready(()), before)
            }
            Look::Waits(until, before) => {
                // The sweeper may have ended with its runtime.
                match until {
                    Some(deadline) => self.arm(table, deadline),
                    None => drop(table),
                }
                (Poll::Pending, before)
            }
        };
        drop(before);
        poll
    }

    /// What is left of the time of a caller.
    #[cold]
    pub(crate) fn left(&self, ticket: Ticket) -> Left {
        lock(&self.table).left(&self.places, ticket)
    }

    /// Gives the ticket back.
    #[inline]
    pub(crate) fn remove(&self, ticket: Ticket) {
        if !self.places.give_back(ticket) {
            self.remove_begun(ticket);
        }
    }

    fn remove_begun(&self, ticket: Ticket) {
        let gone = lock(&self.table).take_back(&self.places, ticket);
        // A waker's destructor is foreign code: not under the lock.
        drop(gone);
    }

    /// Starts it where the service runs: a caller's runtime may be left alone in the middle of a call.
    fn start_sweeper(self: &Arc<Self>, deadline: Instant) {
        if self.timeless.load(Ordering::Relaxed) {
            return self.start_sweeper_among_guests();
        }
        self.start.store(STARTING, Ordering::Relaxed);
        self.runtime.run_there(Sweeper::start(self.clone()));
        if self.start.swap(SETTLED, Ordering::Relaxed) == DROPPED {
            lock(&self.table).armed = Some(deadline);
            if self.timeless.load(Ordering::Relaxed) {
                return self.start_sweeper_among_guests();
            }
            self.runtime.run(Sweeper::start(self.clone()));
        }
    }

    /// On a runtime that has timers. It is not told of twice that the other has none.
    #[cold]
    fn start_sweeper_among_guests(self: &Arc<Self>) {
        if let Some(guests) = Self::of_guests() {
            guests.runtime.run_there(Sweeper::start(self.clone()));
        }
    }

    /// Wakes whoever is due, for a sweeper that can't run while somebody's handlers do.
    pub(crate) fn wake_due(&self) {
        let mut found = Found::default();
        {
            let mut table = lock(&self.table);
            let now = Instant::now();
            // Not more often than that one would: time that has begun is dearer to give back.
            if table.armed.is_some_and(|armed| armed <= now) {
                table.begin_fresh(&self.places, now, &mut found);
                self.news.begun(table.ticking);
            }
            self.take_due(&mut table, now, &mut found);
        }
        found.wake();
    }

    /// Those whose time is up; counted before anybody can see that it is.
    fn take_due(&self, table: &mut Table, now: Instant, found: &mut Found) {
        table.take_due(&self.places, now, found);
        if !found.due.is_empty() {
            self.news.expired(table.ticking);
        }
    }

    /// What has happened here so far.
    #[inline]
    pub(crate) fn news(&self) -> &News {
        &self.news
    }

    /// True if the caller was told that its time is up, or was to be told.
    #[cold]
    pub(crate) fn is_expired(&self, ticket: Ticket) -> bool {
        lock(&self.table).is_over(&self.places, ticket)
    }

    /// Wakes whoever is due; says when to look again.
    fn sweep(&self, cx: &Context<'_>) -> Option<Instant> {
        let stands_still = stands_still();
        let mut table = lock(&self.table);
        // Under the lock: whoever comes later began later.
        let now = Instant::now();
        let mut found = Found::default();
        table.begin_fresh(&self.places, now, &mut found);
        self.take_due(&mut table, now, &mut found);
        let came = mem::take(&mut table.came);
        table.ticking = !stands_still && came >= if table.ticking { FEW } else { MANY };
        self.news.begun(table.ticking);
        let tick = table.ticking.then(|| now + TICK);
        let next = match (tick, table.earliest()) {
            (Some(tick), Some(earliest)) => Some(tick.min(earliest)),
            (tick, earliest) => tick.or(earliest),
        };
        table.armed = next;
        table.sweeper = next.map(|_| cx.waker().clone());
        drop(table);
        found.wake();
        next
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
        // It does nothing but sleep that could panic.
        if panicking() {
            self.deadlines.timeless.store(true, Ordering::Relaxed);
        }
        // Its runtime is gone already: who starts it learns of that at once, and starts another one elsewhere.
        let was_started = self.sleep.is_some() || {
            let start = &self.deadlines.start;
            let (before, after) = (STARTING, DROPPED);
            let told = start.compare_exchange(before, after, Ordering::Relaxed, Ordering::Relaxed);
            told.is_err()
        };
        let (mut found, mut wakers) = (Found::default(), Vec::new());
        {
            let places = &self.deadlines.places;
            let mut table = lock(&self.deadlines.table);
            table.armed = None;
            table.sweeper = None;
            table.ticking = false;
            table.begin_fresh(places, Instant::now(), &mut found);
            self.deadlines.news.begun(table.ticking);
            // Its runtime went away: who waits on another one starts the next sweeper there.
            if was_started {
                wakers = table.wakers(places);
            }
        }
        found.wake();
        wake_all(wakers);
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
