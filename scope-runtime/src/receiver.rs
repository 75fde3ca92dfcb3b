//! The receiving end of a mailbox; the protocol is in `mailbox.rs`.

use std::collections::VecDeque;
use std::mem;
use std::task::{Context, Poll, Waker, ready};

use crate::deadline::Deadlines;
use crate::envelope::Envelope;
use crate::message::Message;
use crate::options::Overload;
use crate::pid::Pid;
use crate::process::Process;
use crate::rt::{Arc, Ordering, lock, poll_proceed};
use crate::slot::{AlreadyStarted, Slot, Tenant};
use crate::telemetry::spans::Origin;

/// The receiving end of a slot, held by its occupant.
pub(crate) struct Receiver<M: Message> {
    slot: Arc<Slot>,
    batch: VecDeque<Envelope<M>>,
}

impl<M: Message> Receiver<M> {
    /// Moves `process` into the slot. An exit hook moves it out again.
    pub(crate) fn occupy(slot: &Arc<Slot>, process: &Arc<Process>) -> Result<Self, AlreadyStarted> {
        slot.deadlines.get_or_init(Deadlines::of_this_runtime);
        // The hook first: a process that is aborted in between leaves no occupant behind. It does
        // nothing to a slot that another process occupies.
        let (place, incarnation) = (slot.clone(), process.id());
        process.on_exit(Box::new(move |reason| {
            place.queue.vacate(incarnation, reason);
        }));
        slot.with_control(|control| {
            if let Some(other) = control.occupant() {
                return Err(AlreadyStarted(Pid::new(other)));
            }
            // What a supervisor stops, it restarts for another's sake.
            if control
                .last_exit
                .as_ref()
                .is_some_and(|(_, reason)| !reason.is_shutdown())
            {
                control.restarts.note();
            }
            control.set_tenant(Tenant::Occupied {
                process: process.clone(),
                closed: false,
                passivating: false,
            });
            Ok(())
        })?;
        Ok(Self {
            slot: slot.clone(),
            batch: VecDeque::new(),
        })
    }

    pub(crate) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// Ready when there is a message to take. Takes part in tokio's cooperative budget.
    #[inline]
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let budget = ready!(poll_proceed(cx));
        if self.batch.is_empty() {
            ready!(self.poll_batch(cx));
        }
        budget.made_progress();
        Poll::Ready(())
    }

    fn poll_batch(&mut self, cx: &Context<'_>) -> Poll<()> {
        let Some(queue) = self.slot.queue::<M>() else {
            return Poll::Pending;
        };
        let mut state = lock(&queue.state);
        // First those in the line: what they bring would be overlooked after the swap.
        let wakers = if queue.crowded.load(Ordering::Relaxed) {
            queue.admit(&mut state)
        } else {
            Vec::new()
        };
        if matches!(queue.overload, Overload::DropOldest) {
            // The others have to stay where a sender can drop the oldest.
            self.batch.extend(state.items.pop_front());
        } else {
            mem::swap(&mut state.items, &mut self.batch);
        }
        queue.taken.store(self.batch.len(), Ordering::Release);
        if self.batch.is_empty() {
            state.control.listen(cx);
            return Poll::Pending;
        }
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        Poll::Ready(())
    }

    /// The message that [`Self::take`] gives.
    #[inline]
    pub(crate) fn first(&mut self) -> Option<&mut Envelope<M>> {
        self.batch.front_mut()
    }

    /// Takes the next message in arrival order; there is one after [`Self::poll_ready`].
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Envelope<M>> {
        let left = self.batch.len().checked_sub(1)?;
        self.slot.queue.took(left);
        self.batch.pop_front()
    }

    /// Puts a message before all that wait.
    pub(crate) fn put_first(&mut self, message: M, origin: Option<Origin>) {
        let stamp = self.slot.with_control(|control| control.sampler.stamp());
        self.batch.push_front(Envelope {
            message,
            deadline: None,
            wait: None,
            origin,
            stamp,
        });
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
        let Some(queue) = self.slot.queue::<M>() else {
            return false;
        };
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
        let Some(queue) = self.slot.queue::<M>() else {
            return;
        };
        let mut state = lock(&queue.state);
        for envelope in mem::take(&mut self.batch).into_iter().rev() {
            state.items.push_front(envelope);
        }
        queue.taken.store(0, Ordering::Release);
    }
}
