//! The receiving end of a mailbox; the protocol is in `mailbox.rs`.

use std::task::{Context, Poll, Waker, ready};

use crate::deadline::Ticket;
use crate::envelope::{Envelope, Luggage};
use crate::fifo::Fifo;
use crate::lateness::Lateness;
use crate::mailbox::Queue;
use crate::message::Message;
use crate::options::Overload;
use crate::pid::Pid;
use crate::process::Process;
use crate::rt::{Arc, Ordering, lock, poll_proceed};
use crate::slot::{NoEntry, Slot, Tenant};
use crate::telemetry::spans::Origin;

/// So many messages more than one are one unit of tokio's cooperative budget.
const CREDIT: u8 = 1;

/// The receiving end of a slot, held by its occupant.
pub(crate) struct Receiver<M: Message> {
    slot: Arc<Slot>,
    /// The same, with its type.
    own: Arc<Slot<Queue<M>>>,
    batch: Fifo<M>,
    lateness: Lateness,
    /// So many messages may be taken before the next look at the budget.
    credit: u8,
}

impl<M: Message> Receiver<M> {
    /// Moves `process` into the slot; its end moves it out again.
    pub(crate) fn occupy(slot: &Arc<Slot>, process: &Arc<Process>) -> Result<Self, NoEntry> {
        slot.keep_time();
        // Of an incarnation that was killed.
        slot.waits.serve(None);
        let own = slot.queue::<M>().and_then(Queue::place);
        let own = own.ok_or_else(|| NoEntry::OtherMessages(slot.label()))?;
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
            own,
            batch: Fifo::default(),
            lateness: Lateness::new(),
            credit: 0,
        })
    }

    pub(crate) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// Ready when there is a message to take. Takes part in tokio's cooperative budget.
    #[inline]
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.credit > 0 && !self.batch.is_empty() {
            self.credit -= 1;
            return Poll::Ready(());
        }
        self.poll_dear(cx)
    }

    fn poll_dear(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.batch.is_empty() {
            ready!(self.poll_batch(cx));
        }
        let Poll::Ready(budget) = poll_proceed(cx) else {
            self.delayed();
            return Poll::Pending;
        };
        budget.made_progress();
        self.credit = CREDIT;
        Poll::Ready(())
    }

    fn poll_batch(&mut self, cx: &Context<'_>) -> Poll<()> {
        let queue = &self.own.queue;
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
        if matches!(queue.overload, Overload::DropOldest) {
            // The others have to stay where a sender can drop the oldest.
            if let Some(Envelope { message, luggage }) = state.items.take_first() {
                self.batch.push_back(message, luggage);
            }
        } else {
            state.items.swap(&mut self.batch);
        }
        state.batch = self.batch.len();
        queue.taken.store(self.batch.len(), Ordering::Release);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        Poll::Ready(())
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
        self.own.queue.took(self.batch.len().saturating_sub(1));
    }

    /// Takes the next message, and what travels with it.
    pub(crate) fn take(&mut self) -> Option<Envelope<M>> {
        let taken = self.batch.take_first();
        self.own.queue.took(self.batch.len());
        taken
    }

    /// True if the caller's time was up before its message was taken.
    #[inline]
    pub(crate) fn is_late(&mut self, ticket: Option<Ticket>) -> bool {
        let deadlines = || self.slot.deadlines().map(|it| &**it);
        ticket.is_some_and(|ticket| self.lateness.is_late(deadlines(), ticket))
    }

    /// Something held up the messages that wait.
    pub(crate) fn delayed(&mut self) {
        self.lateness.delayed();
    }

    /// A message was handled; those behind it waited for that.
    #[inline]
    pub(crate) fn handled(&mut self, waits: bool) {
        self.lateness.handled(waits);
    }

    /// Puts a message before all that wait.
    pub(crate) fn put_first(&mut self, message: M, origin: Option<Origin>) {
        let stamp = self.slot.with_control(|control| control.sampler.stamp());
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
            if let Some(envelope) = self.take() {
                return envelope.message;
            }
        }
    }

    /// If nothing waits, hands everything that comes from now on to the successor.
    pub(crate) fn passivate(&mut self) -> bool {
        let queue = &self.own.queue;
        let mut state = lock(&queue.state);
        if !self.batch.is_empty() || !state.items.is_empty() || !state.parked.is_empty() {
            return false;
        }
        if let Tenant::Occupied { passivating, .. } = &mut state.control.tenant {
            *passivating = true;
        }
        true
    }

    /// True if no message waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.batch.is_empty() && self.slot.queue.length() == 0
    }
}

impl<M: Message> Drop for Receiver<M> {
    fn drop(&mut self) {
        let queue = &self.own.queue;
        let mut state = lock(&queue.state);
        while let Some(Envelope { message, luggage }) = self.batch.take_last() {
            state.items.push_front(message, luggage);
        }
        state.batch = 0;
        queue.taken.store(0, Ordering::Release);
    }
}
