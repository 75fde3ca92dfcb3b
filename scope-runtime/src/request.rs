//! The way of one message into a mailbox.

use std::task::{Context, Poll};

use crate::berth::Outbox;
use crate::mailbox::{Push, Sender};
use crate::reply::Failure;
use crate::rt::Arc;
use crate::slot::Slot;
use crate::telemetry::spans;
use crate::waiting::{Patience, Timeout, Waiting};

/// What calls and casts have in common but for the message. That is in an outbox of theirs until it is sent, and comes
/// back there if it is not.
// A few words, and no more: it is moved several times on its way, and a copy of what was just written in other widths
// is waited for.
pub(crate) struct Request {
    pub(crate) slot: Arc<Slot>,
    pub(crate) waiting: Waiting,
    /// The incarnation that took the message; zero if it waits for one.
    pub(crate) incarnation: u64,
}

impl Request {
    #[inline]
    pub(crate) fn new(slot: &Arc<Slot>, timeout: Timeout) -> Self {
        Self {
            slot: slot.clone(),
            waiting: Waiting::new(timeout),
            incarnation: 0,
        }
    }

    /// Takes the message out of the line, if it still waits there for room.
    pub(crate) fn leave_line(&mut self, outbox: &mut dyn Outbox) {
        if let Some(ticket) = self.waiting.take_parked() {
            self.slot.queue.cancel(ticket, outbox);
        }
    }

    /// Sends the message in `outbox`; ready when it is in the mailbox, or back if that fails.
    // It goes from the outbox into the queue: each place between would be a copy. The failure is
    // boxed to be small where there is none.
    #[expect(
        clippy::inline_always,
        reason = "calls and casts have one each, and a jump there took a nanosecond of each"
    )]
    #[inline(always)]
    pub(crate) fn poll_unsent(
        &mut self,
        outbox: &mut dyn Outbox,
        cx: &Context<'_>,
        patience: Patience,
    ) -> Poll<Result<(), Box<Failure>>> {
        if spans::is_on() {
            self.open_span(outbox, patience);
        }
        if patience == Patience::Answer {
            self.waiting.begin(&self.slot, patience, cx)?;
        }
        let slot = &*self.slot;
        match slot.queue.push(&slot.spec, outbox, self.waiting.sender()) {
            Push::Queued(incarnation) => {
                self.incarnation = incarnation;
                Poll::Ready(Ok(()))
            }
            Push::Refused(failure) => Poll::Ready(Err(failure)),
            Push::Full => self.park(outbox, cx, patience),
        }
    }

    /// Goes on to send what `outbox` had before.
    pub(crate) fn poll_sent(
        &mut self,
        outbox: &mut dyn Outbox,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Box<Failure>>> {
        match self.waiting.take_parked() {
            Some(ticket) => self.poll_parked(ticket, outbox, cx),
            None => Poll::Ready(Ok(())),
        }
    }

    #[cold]
    fn open_span(&mut self, outbox: &mut dyn Outbox, patience: Patience) {
        if let Some(handler) = outbox.handler() {
            let spec = self.slot.spec();
            let span = match patience {
                Patience::Answer => spans::call(spec, handler),
                Patience::Room => spans::cast(spec, handler),
            };
            self.waiting.set_span(span);
        }
    }

    /// Waits for room.
    #[cold]
    fn park(
        &mut self,
        outbox: &mut dyn Outbox,
        cx: &Context<'_>,
        patience: Patience,
    ) -> Poll<Result<(), Box<Failure>>> {
        if patience == Patience::Room {
            self.waiting.begin(&self.slot, patience, cx)?;
        }
        let from = self.waiting.sender();
        let from = match patience {
            Patience::Answer => from,
            // Once it is sent, nobody waits for it.
            Patience::Room => Sender {
                ticket: None,
                wait: None,
                ..from
            },
        };
        let ticket = self.slot.queue.park(outbox, from, cx)?;
        self.poll_parked(ticket, outbox, cx)
    }

    fn poll_parked(
        &mut self,
        ticket: u64,
        outbox: &mut dyn Outbox,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Box<Failure>>> {
        if let Poll::Ready(parked) = self.slot.queue.poll_parked(ticket, outbox, cx) {
            self.incarnation = parked?;
            return Poll::Ready(Ok(()));
        }
        if self.waiting.poll_deadline(&self.slot, cx).is_pending() {
            self.waiting.set_parked(ticket);
            return Poll::Pending;
        }
        Poll::Ready(if self.slot.queue.cancel(ticket, outbox) {
            Err(Box::new(Failure::Timeout))
        } else {
            // It was moved in just now.
            Ok(())
        })
    }

    /// Ready when the time is up; for ever pending without a limit.
    pub(crate) fn poll_deadline(&mut self, cx: &Context<'_>) -> Poll<()> {
        self.waiting.poll_deadline(&self.slot, cx)
    }

    /// Gives back what the wait held. A message that still waited for room is in `outbox` then.
    #[inline]
    pub(crate) fn finish(&mut self, outbox: &mut dyn Outbox) {
        // This runs twice for each message, and mostly there is nothing.
        if !self.waiting.is_over() {
            self.give_back(outbox);
        }
    }

    fn give_back(&mut self, outbox: &mut dyn Outbox) {
        if self.waiting.give_back(&self.slot) {
            self.leave_line(outbox);
        }
    }
}
