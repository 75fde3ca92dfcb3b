//! The receiving end of a mailbox; the protocol is in `mailbox.rs`.

use std::mem;
use std::task::{Context, Poll, ready};

use crate::deadline::Ticket;
use crate::fifo::Fifo;
use crate::lateness::Lateness;
use crate::luggage::Luggage;
use crate::message::Message;
use crate::options::Overload;
use crate::pid::Pid;
use crate::process::Process;
use crate::rt::{Arc, Ordering, lock, poll_proceed};
use crate::slot::{NoEntry, Slot, Tenant};
use crate::store::Store;
use crate::telemetry::spans::Origin;
use crate::waking::wake_all;

/// So many messages more than one are one unit of tokio's cooperative budget.
const CREDIT: u8 = 1;

/// The receiving end of a slot, held by its occupant.
pub(crate) struct Receiver<M: Message> {
    pub(crate) end: End,
    pub(crate) batch: Fifo<M>,
}

/// What a receiver is but for its messages.
pub(crate) struct End {
    slot: Arc<Slot>,
    lateness: Lateness,
    /// So many messages may be taken before the next look at the budget.
    credit: u8,
}

impl<M: Message> Receiver<M> {
    /// Moves `process` into the slot; its end moves it out again.
    pub(crate) fn occupy(slot: &Arc<Slot>, process: &Arc<Process>) -> Result<Self, NoEntry> {
        let end = End::occupy(slot, process)?;
        Ok(Self {
            end,
            batch: Fifo::EMPTY,
        })
    }

    /// The next message in arrival order.
    pub(crate) async fn next(&mut self) -> M {
        loop {
            std::future::poll_fn(|cx| {
                let is_empty = self.batch.is_empty();
                self.end.poll_ready(&mut self.batch, is_empty, cx)
            })
            .await;
            if let Some((_, luggage)) = self.batch.first() {
                drop(mem::take(luggage));
                self.end.took(self.batch.len() - 1);
            }
            if let Some(message) = self.batch.pop_front() {
                return message;
            }
        }
    }
}

impl<M: Message> Drop for Receiver<M> {
    fn drop(&mut self) {
        self.end.give_back(&mut self.batch);
    }
}

impl End {
    /// Moves `process` into the slot.
    pub(crate) fn occupy(slot: &Arc<Slot>, process: &Arc<Process>) -> Result<Self, NoEntry> {
        slot.keep_time(process.parent().map(|parent| &**parent.inbox()));
        // Of an incarnation that was killed.
        slot.waits.serve(None);
        // Said first: a process that is aborted in between leaves no occupant behind. It does
        // nothing to a slot that another process occupies.
        process.occupies(slot);
        slot.with_control(|control| {
            if let Some(other) = control.occupant() {
                return Err(NoEntry::AlreadyStarted(Pid::new(other)));
            }
            // What a supervisor stops, it restarts for another's sake.
            if control
                .last_exit
                .as_ref()
                .is_some_and(|(_, reason)| !reason.is_shutdown())
            {
                control.note_restart();
            }
            control.set_tenant(Tenant::Occupied {
                process: process.clone(),
                incarnation: process.id(),
                closed: false,
                passivating: false,
            });
            Ok(())
        })?;
        Ok(Self {
            slot: slot.clone(),
            lateness: Lateness::new(),
            credit: 0,
        })
    }

    pub(crate) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// Ready when there is a message to take. Takes part in tokio's cooperative budget.
    #[inline]
    pub(crate) fn poll_ready(
        &mut self,
        batch: &mut dyn Store,
        is_empty: bool,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if self.credit > 0 && !is_empty {
            self.credit -= 1;
            return Poll::Ready(());
        }
        self.poll_dear(batch, is_empty, cx)
    }

    /// A message of the batch does not wait from here on; so many are left.
    #[inline]
    pub(crate) fn took(&self, left: usize) {
        self.slot.queue.took(left);
    }

    /// Others had the thread while messages waited.
    pub(crate) fn delayed(&mut self) {
        self.lateness.delayed();
    }

    /// Ready when there is a message in the batch, and a budget to take it.
    fn poll_dear(
        &mut self,
        batch: &mut dyn Store,
        is_empty: bool,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if is_empty {
            ready!(self.poll_batch(batch, cx));
        }
        let Poll::Ready(budget) = poll_proceed(cx) else {
            self.lateness.delayed();
            return Poll::Pending;
        };
        budget.made_progress();
        self.credit = CREDIT;
        Poll::Ready(())
    }

    fn poll_batch(&mut self, batch: &mut dyn Store, cx: &Context<'_>) -> Poll<()> {
        let queue = &self.slot.queue;
        let mut state = lock(&queue.state);
        // First those in the line: what they bring would be overlooked after the swap.
        let wakers = if queue.crowded.load(Ordering::Relaxed) {
            queue.admit(&mut state)
        } else {
            Vec::new()
        };
        if state.items.is_empty() {
            state.batch = 0;
            state.control.listen(cx);
            self.lateness.idle(self.slot.deadlines().map(|it| &**it));
            return Poll::Pending;
        }
        let taken = if matches!(queue.overload, Overload::DropOldest) {
            // The others have to stay where a sender can drop the oldest.
            state.items.give_first(batch);
            1
        } else {
            state.items.swap(batch)
        };
        state.batch = taken;
        queue.taken.store(taken, Ordering::Release);
        drop(state);
        wake_all(wakers);
        Poll::Ready(())
    }

    /// True if the caller's time was up before its message was taken.
    #[inline]
    pub(crate) fn is_late(&mut self, ticket: Option<Ticket>) -> bool {
        let deadlines = || self.slot.deadlines().map(|it| &**it);
        ticket.is_some_and(|ticket| self.lateness.is_late(deadlines(), ticket))
    }

    /// What a message travels with that was put before all that wait.
    pub(crate) fn luggage(&self, origin: Option<Origin>) -> Luggage {
        Luggage {
            origin,
            stamp: self.slot.with_control(|control| control.sampler.stamp()),
            ..Luggage::default()
        }
    }

    /// If nothing waits, hands everything that comes from now on to the successor.
    pub(crate) fn passivate(&self) -> bool {
        let mut state = lock(&self.slot.queue.state);
        if !state.items.is_empty() || !state.parked.is_empty() {
            return false;
        }
        if let Tenant::Occupied { passivating, .. } = &mut state.control.tenant {
            *passivating = true;
        }
        true
    }

    /// What is left of the batch is the first of the queue again.
    fn give_back(&self, batch: &mut dyn Store) {
        let queue = &self.slot.queue;
        let mut state = lock(&queue.state);
        state.items.put_first(batch);
        state.batch = 0;
        queue.taken.store(0, Ordering::Release);
    }
}
