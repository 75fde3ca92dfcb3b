//! The way of one message into a mailbox, and the clock that runs meanwhile.

use std::mem;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::berth::Berth;
use crate::deadline::{Limit, Ticket};
use crate::envelope::{Envelope, Luggage};
use crate::mailbox::{Push, Sender};
use crate::message::Message;
use crate::reply::Failure;
use crate::ring::{Cycle, Held, Wait, wait_for, with_current};
use crate::rt::{Arc, Instant};
use crate::slot::Slot;
use crate::telemetry::spans::{self, Origin};

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
    /// The message until it is sent.
    outbox: Berth<M>,
    /// The place in the line of those who wait for room.
    parked: Option<u64>,
    /// Set where there is no clock yet: nobody ever ran there.
    limit: Option<Limit>,
    ticket: Option<Ticket>,
    /// The ticket is of this poll, and has its waker.
    ticketed: bool,
    wait: Option<Arc<Wait>>,
    /// Its own span, from when it is sent.
    pub(crate) span: Option<Origin>,
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
            outbox: Berth::Holds(message),
            parked: None,
            limit: None,
            ticket: None,
            ticketed: false,
            wait: None,
            span: None,
        }
    }

    /// Takes the message back if it was not sent.
    pub(crate) fn take_unsent(&mut self) -> Option<M> {
        self.outbox.take().or_else(|| {
            let ticket = self.parked.take()?;
            let envelope = self.slot.queue::<M>()?.cancel(ticket)?;
            Some(envelope.message)
        })
    }

    /// Sends the message; ready when it is in the mailbox. It is still here if that fails.
    // It goes from the outbox into the queue: each place between would be a copy. The failure is
    // boxed to be small where there is none.
    pub(crate) fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Box<Failure>>> {
        if self.outbox.is_empty() {
            return match self.parked.take() {
                Some(ticket) => self.poll_parked(ticket, cx),
                None => Poll::Ready(Ok(())),
            };
        }
        if spans::is_on() {
            self.open_span();
        }
        if self.patience == Patience::Answer {
            self.begin(cx)?;
        }
        let Some(queue) = self.slot.queue::<M>() else {
            return Poll::Ready(Err(Box::new(Failure::NoProc)));
        };
        let from = Sender {
            ticket: self.ticket,
            wait: self.wait.as_ref(),
            origin: self.span.as_ref(),
        };
        match queue.push(&mut self.outbox, from) {
            Push::Queued(incarnation) => {
                self.incarnation = incarnation;
                Poll::Ready(Ok(()))
            }
            Push::Refused(failure) => Poll::Ready(Err(failure)),
            Push::Full => self.park(cx),
        }
    }

    #[cold]
    fn open_span(&mut self) {
        if let Some(message) = self.outbox.get_mut() {
            let (spec, handler) = (self.slot.spec(), message.route().handler);
            self.span = match self.patience {
                Patience::Answer => spans::call(spec, handler),
                Patience::Room => spans::cast(spec, handler),
            };
        }
    }

    /// Waits for room.
    #[cold]
    fn park(&mut self, cx: &Context<'_>) -> Poll<Result<(), Box<Failure>>> {
        let (ticket, wait) = match self.patience {
            Patience::Answer => (self.ticket, self.wait.as_ref().map(Held::new)),
            Patience::Room => {
                self.begin(cx)?;
                // Once it is sent, nobody waits for it.
                (None, None)
            }
        };
        let Some(queue) = self.slot.queue::<M>() else {
            return Poll::Ready(Err(Box::new(Failure::NoProc)));
        };
        let Some(message) = self.outbox.take() else {
            return Poll::Ready(Ok(()));
        };
        let envelope = Envelope {
            message,
            luggage: Luggage {
                ticket,
                wait,
                origin: self.span.clone(),
                ..Luggage::default()
            },
        };
        match queue.park(envelope, cx) {
            Ok(ticket) => self.poll_parked(ticket, cx),
            Err(refused) => {
                self.outbox = Berth::Holds(refused.message);
                Poll::Ready(Err(Box::new(refused.failure)))
            }
        }
    }

    /// The wait begins: its clock runs, and the ring detection knows of it.
    fn begin(&mut self, cx: &Context<'_>) -> Result<(), Box<Failure>> {
        let current = with_current(|current| {
            current.map(|current| (current.slot.clone(), current.deadline()))
        });
        let Some((from, inherited)) = current else {
            // Outside of any handler: nothing to inherit, and nobody who could be in a ring.
            let limit = self.timeout.map(Limit::Within);
            return self.start_clock(limit, cx);
        };
        let inherited = inherited.filter(|_| self.patience == Patience::Answer);
        // A limit beyond the end of time is none.
        let own = self
            .timeout
            .and_then(|time| Instant::now().checked_add(time));
        let deadline = match (own, inherited) {
            (Some(own), Some(inherited)) => Some(own.min(inherited)),
            (own, inherited) => own.or(inherited),
        };
        self.start_clock(deadline.map(Limit::Until), cx)?;
        if let Some(from) = from {
            let wait = wait_for(&from, &self.slot, deadline);
            self.wait = Some(wait.map_err(|cycle: Cycle| Box::new(Failure::Deadlock(cycle)))?);
        }
        Ok(())
    }

    /// Sees to it that this takes no longer than it may.
    fn start_clock(&mut self, limit: Option<Limit>, cx: &Context<'_>) -> Result<(), Box<Failure>> {
        let Some(limit) = limit else { return Ok(()) };
        let is_over = match limit {
            Limit::Within(time) => time.is_zero(),
            Limit::Until(deadline) => deadline <= Instant::now(),
        };
        if is_over {
            return Err(Box::new(Failure::Timeout));
        }
        match self.slot.deadlines() {
            Some(deadlines) => {
                self.ticket = Some(deadlines.add(limit, cx.waker().clone()));
                self.ticketed = true;
            }
            None => self.limit = Some(limit.begun()),
        }
        Ok(())
    }

    fn poll_parked(&mut self, ticket: u64, cx: &Context<'_>) -> Poll<Result<(), Box<Failure>>> {
        let Some(queue) = self.slot.queue::<M>() else {
            return Poll::Ready(Ok(()));
        };
        match queue.poll_parked(ticket, cx) {
            Poll::Ready(Ok(incarnation)) => {
                self.incarnation = incarnation;
                return Poll::Ready(Ok(()));
            }
            Poll::Ready(Err(refused)) => {
                self.outbox = Berth::Holds(refused.message);
                return Poll::Ready(Err(Box::new(refused.failure)));
            }
            Poll::Pending => {}
        }
        if self.poll_deadline(cx).is_pending() {
            self.parked = Some(ticket);
            return Poll::Pending;
        }
        // It may have been moved in just now.
        Poll::Ready(match self.cancel(ticket) {
            None => Ok(()),
            Some(message) => {
                self.outbox = Berth::Holds(message);
                Err(Box::new(Failure::Timeout))
            }
        })
    }

    fn cancel(&self, ticket: u64) -> Option<M> {
        let envelope = self.slot.queue::<M>()?.cancel(ticket)?;
        Some(envelope.message)
    }

    /// Ready when the time is up; for ever pending without a limit.
    #[inline]
    pub(crate) fn poll_deadline(&mut self, cx: &Context<'_>) -> Poll<()> {
        if mem::take(&mut self.ticketed) {
            return Poll::Pending;
        }
        let Some(deadlines) = self.slot.deadlines() else {
            return Poll::Pending;
        };
        match (self.ticket, self.limit.take()) {
            (Some(ticket), _) => deadlines.poll_expired(ticket, cx),
            (None, Some(limit)) => {
                self.ticket = Some(deadlines.add(limit, cx.waker().clone()));
                Poll::Pending
            }
            (None, None) => Poll::Pending,
        }
    }

    /// Gives back what the wait held.
    #[inline]
    pub(crate) fn finish(&mut self) {
        // Mostly there is nothing, and this runs twice for each message.
        if self.ticket.is_some() || self.wait.is_some() || self.parked.is_some() {
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
        if let Some(ticket) = self.parked.take() {
            // A message of the user's is dropped here, outside of any lock.
            drop(self.cancel(ticket));
        }
    }
}

impl<M: Message> Drop for Request<M> {
    #[inline]
    fn drop(&mut self) {
        self.finish();
    }
}
