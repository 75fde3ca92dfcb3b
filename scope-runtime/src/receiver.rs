//! The receiving end of a mailbox; the protocol is in `mailbox.rs`.

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
use crate::stats::Stamp;
use crate::store::Store;
use crate::telemetry::spans::Origin;
use crate::waking::wake_all;

/// So many messages more than one are one unit of tokio's cooperative budget.
const CREDIT: u8 = 1;

/// The receiving end of a slot, held by its occupant.
pub(crate) struct Receiver<M: Message> {
    end: End,
    batch: Fifo<M>,
}

/// What a receiver is but for its messages.
struct End {
    slot: Arc<Slot>,
    lateness: Lateness,
    /// So many messages may be taken before the next look at the budget.
    credit: u8,
}

impl<M: Message> Receiver<M> {
    /// Moves `process` into the slot; its end moves it out again.
    pub(crate) fn occupy(slot: &Arc<Slot>, process: &Arc<Process>) -> Result<Self, NoEntry> {
        let batch = Fifo::default();
        let end = End::occupy(slot, process, &batch)?;
        Ok(Self { end, batch })
    }

    pub(crate) fn slot(&self) -> &Arc<Slot> {
        &self.end.slot
    }

    /// Ready when there is a message to take. Takes part in tokio's cooperative budget.
    #[inline]
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.end.credit > 0 && !self.batch.is_empty() {
            self.end.credit -= 1;
            return Poll::Ready(());
        }
        let is_empty = self.batch.is_empty();
        self.end.poll_dear(&mut self.batch, is_empty, cx)
    }

    /// The message that [`Self::take_message`] gives, and what travels with it.
    #[inline]
    pub(crate) fn first(&mut self) -> Option<(&mut M, &mut Luggage)> {
        self.batch.first()
    }

    /// Takes the next message in arrival order; there is one after [`Self::poll_ready`]. What travels with it was
    /// taken before, and [`Self::begin_to_take`] has counted it.
    #[inline]
    pub(crate) fn take_message(&mut self) -> Option<M> {
        self.batch.pop_front()
    }

    /// Counts the next message as taken. From here on it does not wait.
    #[inline]
    pub(crate) fn begin_to_take(&mut self) {
        self.end.slot.queue.took(self.batch.len().saturating_sub(1));
    }

    /// Takes the next message, and what travels with it.
    pub(crate) fn take(&mut self) -> Option<(M, Luggage)> {
        let taken = self.batch.take_first();
        self.end.slot.queue.took(self.batch.len());
        taken
    }

    /// True if the caller's time was up before its message was taken.
    #[inline]
    pub(crate) fn is_late(&mut self, ticket: Option<Ticket>) -> bool {
        self.end.is_late(ticket)
    }

    /// Others had the thread while messages waited.
    pub(crate) fn delayed(&mut self) {
        self.end.lateness.delayed();
    }

    /// Puts a message before all that wait.
    pub(crate) fn put_first(&mut self, message: M, origin: Option<Origin>) {
        let stamp = self.end.stamp();
        self.batch.push_front(
            message,
            Luggage {
                origin,
                stamp,
                ..Luggage::default()
            },
        );
    }

    /// The next message in arrival order.
    pub(crate) async fn next(&mut self) -> M {
        loop {
            std::future::poll_fn(|cx| self.poll_ready(cx)).await;
            if let Some((message, _)) = self.take() {
                return message;
            }
        }
    }

    /// If nothing waits, hands everything that comes from now on to the successor.
    pub(crate) fn passivate(&mut self) -> bool {
        self.batch.is_empty() && self.end.passivate()
    }

    /// True if no message waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.batch.is_empty() && self.end.slot.queue.length() == 0
    }
}

impl<M: Message> Drop for Receiver<M> {
    fn drop(&mut self) {
        self.end.give_back(&mut self.batch);
    }
}

impl End {
    fn occupy(
        slot: &Arc<Slot>,
        process: &Arc<Process>,
        batch: &dyn Store,
    ) -> Result<Self, NoEntry> {
        slot.keep_time();
        // Of an incarnation that was killed.
        slot.waits.serve(None);
        if !lock(&slot.queue.state).items.is_like(batch) {
            return Err(NoEntry::OtherMessages(slot.label()));
        }
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

    /// Ready when there is a message in the batch, and a budget to take it.
    fn poll_dear(
        &mut self,
        batch: &mut (dyn Store + 'static),
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

    fn poll_batch(&mut self, batch: &mut (dyn Store + 'static), cx: &Context<'_>) -> Poll<()> {
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

    #[inline]
    fn is_late(&mut self, ticket: Option<Ticket>) -> bool {
        let deadlines = || self.slot.deadlines().map(|it| &**it);
        ticket.is_some_and(|ticket| self.lateness.is_late(deadlines(), ticket))
    }

    fn stamp(&self) -> Stamp {
        self.slot.with_control(|control| control.sampler.stamp())
    }

    fn passivate(&self) -> bool {
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
    fn give_back(&self, batch: &mut (dyn Store + 'static)) {
        let queue = &self.slot.queue;
        let mut state = lock(&queue.state);
        state.items.put_first(batch);
        state.batch = 0;
        queue.taken.store(0, Ordering::Release);
    }
}
