//! The way of one message into a mailbox, and the clock that runs meanwhile.

use std::mem;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::deadline::Ticket;
use crate::mailbox::{Envelope, Push, Refused};
use crate::message::Message;
use crate::reply::Failure;
use crate::ring::{Cycle, Wait, wait_for, with_current};
use crate::rt::{Arc, Instant};
use crate::slot::Slot;

/// What a request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Room in the mailbox: a cast.
    Room,
    /// Room, and then an answer: a call, which inherits its caller's deadline.
    Answer,
}

/// What calls and casts have in common.
pub(crate) struct Request<M: Message> {
    pub(crate) slot: Arc<Slot>,
    pub(crate) timeout: Option<Duration>,
    /// The incarnation that took the message; zero if it waits for one.
    pub(crate) incarnation: u64,
    patience: Patience,
    step: Step<M>,
    deadline: Option<Instant>,
    ticket: Option<Ticket>,
    wait: Option<Arc<Wait>>,
}

enum Step<M> {
    Unsent(M),
    Parked(u64),
    Sent,
}

impl<M: Message> Request<M> {
    pub(crate) fn new(
        slot: Arc<Slot>,
        message: M,
        patience: Patience,
        timeout: Option<Duration>,
    ) -> Self {
        Self {
            slot,
            timeout,
            incarnation: 0,
            patience,
            step: Step::Unsent(message),
            deadline: None,
            ticket: None,
            wait: None,
        }
    }

    /// Takes the message back if it was never polled.
    pub(crate) fn take_unsent(&mut self) -> Option<M> {
        match mem::replace(&mut self.step, Step::Sent) {
            Step::Unsent(message) => Some(message),
            step => {
                self.step = step;
                None
            }
        }
    }

    /// Sends the message; ready when it is in the mailbox.
    pub(crate) fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Refused<M>>> {
        match mem::replace(&mut self.step, Step::Sent) {
            Step::Sent => Poll::Ready(Ok(())),
            Step::Unsent(message) => self.send(message, cx),
            Step::Parked(ticket) => self.poll_parked(ticket, cx),
        }
    }

    fn send(&mut self, message: M, cx: &mut Context<'_>) -> Poll<Result<(), Refused<M>>> {
        let mut envelope = Envelope::new(message);
        if self.patience == Patience::Answer {
            if let Err(failure) = self.begin() {
                return Poll::Ready(Err(Refused::new(envelope, failure)));
            }
            envelope.deadline = self.deadline;
            envelope.wait.clone_from(&self.wait);
        }
        let Some(queue) = self.slot.queue::<M>() else {
            return Poll::Ready(Err(Refused::new(envelope, Failure::NoProc)));
        };
        match queue.push(envelope) {
            Push::Queued(incarnation) => {
                self.incarnation = incarnation;
                Poll::Ready(Ok(()))
            }
            Push::Refused(refused) => Poll::Ready(Err(refused)),
            Push::Full(envelope) => self.park(envelope, cx),
        }
    }

    /// Waits for room.
    #[cold]
    fn park(&mut self, envelope: Envelope<M>, cx: &Context<'_>) -> Poll<Result<(), Refused<M>>> {
        if self.patience == Patience::Room
            && let Err(failure) = self.begin()
        {
            return Poll::Ready(Err(Refused::new(envelope, failure)));
        }
        let Some(queue) = self.slot.queue::<M>() else {
            return Poll::Ready(Err(Refused::new(envelope, Failure::NoProc)));
        };
        let ticket = queue.park(envelope, cx);
        self.poll_parked(ticket, cx)
    }

    /// The wait begins: its clock runs, and the ring detection knows of it.
    fn begin(&mut self) -> Result<(), Failure> {
        let Some((from, inherited)) =
            with_current(|current| current.map(|current| (current.slot.clone(), current.deadline)))
        else {
            // Outside of any handler: nothing to inherit, and nobody who could be in a ring.
            return self.start_clock(None);
        };
        self.start_clock(inherited.filter(|_| self.patience == Patience::Answer))?;
        if let Some(from) = from {
            let wait = wait_for(&from, &self.slot, self.deadline);
            self.wait = Some(wait.map_err(|cycle: Cycle| Failure::Deadlock(cycle))?);
        }
        Ok(())
    }

    /// Finds out until when this may take.
    fn start_clock(&mut self, inherited: Option<Instant>) -> Result<(), Failure> {
        if self.timeout.is_none() && inherited.is_none() {
            return Ok(());
        }
        let now = Instant::now();
        // A limit beyond the end of time is none.
        let own = self.timeout.and_then(|timeout| now.checked_add(timeout));
        self.deadline = match (own, inherited) {
            (Some(own), Some(inherited)) => Some(own.min(inherited)),
            (own, inherited) => own.or(inherited),
        };
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Err(Failure::Timeout);
        }
        Ok(())
    }

    fn poll_parked(&mut self, ticket: u64, cx: &Context<'_>) -> Poll<Result<(), Refused<M>>> {
        let parked = match self.slot.queue::<M>() {
            Some(queue) => queue.poll_parked(ticket, cx),
            None => return Poll::Ready(Ok(())),
        };
        if let Poll::Ready(moved) = parked {
            return Poll::Ready(moved.map(|incarnation| self.incarnation = incarnation));
        }
        if self.poll_deadline(cx).is_pending() {
            self.step = Step::Parked(ticket);
            return Poll::Pending;
        }
        // It may have been moved in just now.
        let cancelled = self
            .slot
            .queue::<M>()
            .and_then(|queue| queue.cancel(ticket));
        Poll::Ready(match cancelled {
            None => Ok(()),
            Some(envelope) => Err(Refused::new(envelope, Failure::Timeout)),
        })
    }

    /// Ready when the time is up; for ever pending without a deadline.
    pub(crate) fn poll_deadline(&mut self, cx: &Context<'_>) -> Poll<()> {
        let (Some(deadline), Some(deadlines)) = (self.deadline, self.slot.deadlines()) else {
            return Poll::Pending;
        };
        match self.ticket {
            Some(ticket) => deadlines.poll_expired(ticket, cx),
            None => {
                self.ticket = Some(deadlines.add(deadline, cx.waker().clone()));
                Poll::Pending
            }
        }
    }

    /// Gives back what the wait held.
    #[inline]
    pub(crate) fn finish(&mut self) {
        // Mostly there is nothing, and this runs twice for each message.
        if self.ticket.is_some() || self.wait.is_some() || matches!(self.step, Step::Parked(_)) {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        if let (Some(ticket), Some(deadlines)) = (self.ticket.take(), self.slot.deadlines()) {
            deadlines.remove(ticket);
        }
        if let Some(wait) = self.wait.take() {
            wait.remove();
        }
        if let Step::Parked(ticket) = self.step {
            self.step = Step::Sent;
            // A message of the user's is dropped here, outside of any lock.
            drop(
                self.slot
                    .queue::<M>()
                    .and_then(|queue| queue.cancel(ticket)),
            );
        }
    }
}

impl<M: Message> Drop for Request<M> {
    #[inline]
    fn drop(&mut self) {
        self.finish();
    }
}
