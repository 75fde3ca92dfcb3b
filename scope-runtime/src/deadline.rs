//! Deadlines of calls: one timer per runtime instead of one per call.
//!
//! # Protocol
//! A call that has to wait leaves its deadline and waker in a table and takes a ticket; when it is
//! done it gives the ticket back. Both are a push and a pop under a short lock. A *sweeper* task
//! sleeps until the earliest deadline it saw, wakes whoever is due, and ends when nobody waits. It
//! runs where the caller runs who needs it first; if that runtime goes away, the next one starts
//! another. A deadline earlier than the one it sleeps for wakes it up. Never early; at most as late as
//! tokio's timers; exact under paused time.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::rt::{
    Arc, Instant, Mutex, MutexGuard, Runtime, RuntimeId, Sleep, Weak, global, lock, sleep_until,
};

global! { static TABLES: Mutex<HashMap<RuntimeId, Weak<Deadlines>>> = Mutex::default(); }

/// The deadlines that callers wait for on one runtime.
pub(crate) struct Deadlines {
    runtime: Runtime,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    entries: Vec<Entry>,
    free: Vec<usize>,
    /// When the sweeper wakes; `None` while there is no sweeper.
    armed: Option<Instant>,
    sweeper: Option<Waker>,
}

enum Entry {
    Free,
    Waiting { deadline: Instant, waker: Waker },
    Expired,
}

/// A place in the table. Given back with [`Deadlines::remove`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket(usize);

impl Deadlines {
    /// The table of the runtime that this runs on.
    pub(crate) fn of_this_runtime() -> Arc<Self> {
        let runtime = Runtime::current();
        let mut tables = lock(&TABLES);
        if let Some(known) = tables.get(&runtime.id()).and_then(Weak::upgrade) {
            return known;
        }
        tables.retain(|_, table| table.strong_count() > 0);
        let id = runtime.id();
        let made = Arc::new(Self {
            runtime,
            table: Mutex::default(),
        });
        tables.insert(id, Arc::downgrade(&made));
        made
    }

    /// Wakes `waker` when `deadline` has come.
    pub(crate) fn add(self: &Arc<Self>, deadline: Instant, waker: Waker) -> Ticket {
        let mut table = lock(&self.table);
        let entry = Entry::Waiting { deadline, waker };
        let index = match table.free.pop() {
            Some(index) => index,
            None => {
                table.entries.push(Entry::Free);
                table.entries.len() - 1
            }
        };
        table.entries[index] = entry;
        self.arm(table, deadline);
        Ticket(index)
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

    /// Ready once the deadline has come and the sweeper has seen it; else wakes `cx` then.
    pub(crate) fn poll_expired(self: &Arc<Self>, ticket: Ticket, cx: &Context<'_>) -> Poll<()> {
        let mut table = lock(&self.table);
        let Entry::Waiting { deadline, waker } = &mut table.entries[ticket.0] else {
            return Poll::Ready(());
        };
        let deadline = *deadline;
        if !waker.will_wake(cx.waker()) {
            waker.clone_from(cx.waker());
        }
        // The sweeper may have ended with its runtime.
        self.arm(table, deadline);
        Poll::Pending
    }

    /// Gives the ticket back.
    pub(crate) fn remove(&self, ticket: Ticket) {
        let Ticket(index) = ticket;
        let mut table = lock(&self.table);
        let gone = std::mem::replace(&mut table.entries[index], Entry::Free);
        table.free.push(index);
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

    /// Wakes whoever is due; gives the earliest deadline that is left.
    fn sweep(&self, now: Instant, cx: &Context<'_>) -> Option<Instant> {
        let mut due = Vec::new();
        let mut table = lock(&self.table);
        let mut earliest: Option<Instant> = None;
        for entry in &mut table.entries {
            let Entry::Waiting { deadline, .. } = entry else {
                continue;
            };
            if *deadline > now {
                let deadline = *deadline;
                earliest = Some(earliest.map_or(deadline, |earliest| earliest.min(deadline)));
            } else if let Entry::Waiting { waker, .. } = std::mem::replace(entry, Entry::Expired) {
                due.push(waker);
            }
        }
        table.armed = earliest;
        table.sweeper = earliest.map(|_| cx.waker().clone());
        drop(table);
        due.into_iter().for_each(Waker::wake);
        earliest
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
            // Its runtime went away: who waits on another one starts the next sweeper there. One
            // that never ran would only be started in vain again.
            if self.sleep.is_some() {
                wakers.extend(table.entries.iter().filter_map(|entry| match entry {
                    Entry::Waiting { waker, .. } => Some(waker.clone()),
                    Entry::Free | Entry::Expired => None,
                }));
            }
        }
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Sweeper {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(earliest) = self.deadlines.sweep(Instant::now(), cx) {
            let sleep = self
                .sleep
                .get_or_insert_with(|| Box::pin(sleep_until(earliest)));
            sleep.as_mut().reset(earliest);
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        self.done = true;
        Poll::Ready(())
    }
}
