//! The way of one message into a mailbox.

use std::task::{Context, Poll};

use crate::berth::Berth;
use crate::envelope::{Envelope, Luggage};
use crate::mailbox::Push;
use crate::message::Message;
use crate::reply::Failure;
use crate::ring::Held;
use crate::rt::Arc;
use crate::slot::Slot;
use crate::telemetry::spans;
use crate::waiting::{Patience, Timeout, Waiting};

/// What calls and casts have in common.
// A few words, and no more: it is moved several times on its way, and a copy of what was just written in other widths
// is waited for.
pub(crate) struct Request<M: Message> {
    pub(crate) slot: Arc<Slot>,
    /// The message until it is sent.
    outbox: Berth<M>,
    pub(crate) waiting: Waiting,
}

/// What became of an attempt to send.
pub(crate) enum Sent {
    /// It is in the mailbox, for this incarnation; zero if it waits for one.
    Now(u64),
    /// It was in the mailbox before.
    Before,
}

impl<M: Message> Request<M> {
    #[inline]
    pub(crate) fn new(slot: Arc<Slot>, message: M, timeout: Timeout) -> Self {
        Self {
            slot,
            outbox: Berth::Holds(message),
            waiting: Waiting::new(timeout),
        }
    }

    /// True if it was not polled yet.
    #[inline]
    pub(crate) fn is_unsent(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Takes the message back if it was not sent.
    pub(crate) fn take_unsent(&mut self) -> Option<M> {
        self.outbox.take().or_else(|| {
            let ticket = self.waiting.take_parked()?;
            let envelope = self.slot.queue::<M>()?.cancel(ticket)?;
            Some(envelope.message)
        })
    }

    /// Sends the message; ready when it is in the mailbox. It is still here if that fails.
    // It goes from the outbox into the queue: each place between would be a copy. The failure is
    // boxed to be small where there is none.
    #[inline]
    pub(crate) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        patience: Patience,
    ) -> Poll<Result<Sent, Box<Failure>>> {
        if self.outbox.is_empty() {
            return self.poll_sent(cx);
        }
        if spans::is_on() {
            self.open_span(patience);
        }
        if patience == Patience::Answer {
            self.waiting.begin(&self.slot, patience, cx)?;
        }
        let Some(queue) = self.slot.queue::<M>() else {
            return Poll::Ready(Err(Box::new(Failure::NoProc)));
        };
        match queue.push(&mut self.outbox, self.waiting.sender()) {
            Push::Queued(incarnation) => Poll::Ready(Ok(Sent::Now(incarnation))),
            Push::Refused(failure) => Poll::Ready(Err(failure)),
            Push::Full => self.park(cx, patience),
        }
    }

    #[cold]
    fn poll_sent(&mut self, cx: &Context<'_>) -> Poll<Result<Sent, Box<Failure>>> {
        match self.waiting.take_parked() {
            Some(ticket) => self.poll_parked(ticket, cx),
            None => Poll::Ready(Ok(Sent::Before)),
        }
    }

    #[cold]
    fn open_span(&mut self, patience: Patience) {
        if let Some(message) = self.outbox.get_mut() {
            let (spec, handler) = (self.slot.spec(), message.route().handler);
            let span = match patience {
                Patience::Answer => spans::call(spec, handler),
                Patience::Room => spans::cast(spec, handler),
            };
            self.waiting.set_span(span);
        }
    }

    /// Waits for room.
    #[cold]
    fn park(&mut self, cx: &Context<'_>, patience: Patience) -> Poll<Result<Sent, Box<Failure>>> {
        if patience == Patience::Room {
            self.waiting.begin(&self.slot, patience, cx)?;
        }
        let from = self.waiting.sender();
        let (ticket, wait) = match patience {
            Patience::Answer => (from.ticket, from.wait.map(Held::new)),
            // Once it is sent, nobody waits for it.
            Patience::Room => (None, None),
        };
        let Some(queue) = self.slot.queue::<M>() else {
            return Poll::Ready(Err(Box::new(Failure::NoProc)));
        };
        let Some(message) = self.outbox.take() else {
            return Poll::Ready(Ok(Sent::Before));
        };
        let envelope = Envelope {
            message,
            luggage: Luggage {
                ticket,
                wait,
                origin: from.origin.cloned(),
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

    fn poll_parked(&mut self, ticket: u64, cx: &Context<'_>) -> Poll<Result<Sent, Box<Failure>>> {
        let Some(queue) = self.slot.queue::<M>() else {
            return Poll::Ready(Ok(Sent::Before));
        };
        match queue.poll_parked(ticket, cx) {
            Poll::Ready(Ok(incarnation)) => {
                return Poll::Ready(Ok(Sent::Now(incarnation)));
            }
            Poll::Ready(Err(refused)) => {
                self.outbox = Berth::Holds(refused.message);
                return Poll::Ready(Err(Box::new(refused.failure)));
            }
            Poll::Pending => {}
        }
        if self.waiting.poll_deadline(&self.slot, cx).is_pending() {
            self.waiting.set_parked(ticket);
            return Poll::Pending;
        }
        // It may have been moved in just now.
        Poll::Ready(match self.cancel(ticket) {
            None => Ok(Sent::Now(0)),
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
    pub(crate) fn poll_deadline(&mut self, cx: &Context<'_>) -> Poll<()> {
        self.waiting.poll_deadline(&self.slot, cx)
    }

    /// Gives back what the wait held.
    #[inline]
    pub(crate) fn finish(&mut self) {
        // This runs twice for each message, and mostly there is nothing.
        if !self.waiting.is_over() {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        if self.waiting.give_back(&self.slot)
            && let Some(ticket) = self.waiting.take_parked()
        {
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
