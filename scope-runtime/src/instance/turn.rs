//! The turn of one message: whose it is, its handler, and what is told of it.
//!
//! A handler that does not await runs at once, in a plain function: what the loop works with stays in registers. Only
//! one that awaits gets a future, and a place in the loop's own. A panic is caught around the whole loop, not once for
//! each message; so what has to be told of the message is kept where the loop's end finds it.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::task::{Context as TaskContext, Poll};

use super::{Body, Next};
use crate::deadline::Ticket;
use crate::exit::{ExitReason, catch, contain, contain_drop};
use crate::message::Message;
use crate::reply::Failure;
use crate::ring::{self, Held};
use crate::service::Service;
use crate::stats::Begun;
use crate::tally::Unhandled;
use crate::telemetry::{self, Observed, spans};

/// The message whose handler runs, or ran last.
#[derive(Default)]
pub(super) struct Turn {
    /// Its handler has begun, and not ended.
    is_open: bool,
    begun: Begun,
    /// Its caller, if that is a handler itself.
    wait: Option<Held>,
    observed: Option<Box<Observed>>,
}

impl<S: Service> Body<S> {
    /// Handles the next message, or begins to; gives what is left to do, if something is.
    #[inline]
    pub(super) fn take_turn(&mut self, state: &mut S) -> Option<Next<S::Message>> {
        let (message, luggage) = self.receiver.first()?;
        // One by one, and the message last, straight from the queue into its handler: each is a copy, which waits
        // where it is of other parts than were just written.
        let (ticket, stamp) = (luggage.ticket, luggage.stamp);
        let (wait, origin) = (luggage.wait.take(), luggage.origin.take());
        let route = message.route();
        let meta = route.handler;
        let gone = route.caller.is_some_and(|caller| caller.is_gone());
        self.cx.handler = Some(meta);
        if gone || self.receiver.is_late(ticket) {
            self.expire();
            return None;
        }
        self.attribute(ticket, wait.as_ref());
        self.receiver.begin_to_take();
        let begun = self
            .meter
            .begin(self.recorder.begin(meta.name, meta.kind), stamp);
        self.turn.wait = wait;
        self.turn.begun = begun;
        self.turn.is_open = true;
        if telemetry::is_observed() {
            let slot = self.receiver.slot();
            match contain(|| Observed::begin(&self.process, slot, meta, origin.as_ref())) {
                Ok(observed) => self.turn.observed = Some(Box::new(observed)),
                // A subscriber panicked. The message is not to meet it once more.
                Err(panic) => {
                    let dropped = self.receiver.take().map(contain_drop);
                    let dropped = dropped.and_then(Result::err);
                    return Some(Next::Crash(Box::new(dropped.unwrap_or(panic))));
                }
            }
        }
        let message = self.receiver.take_message()?;
        let span = self.turn.observed.as_ref().and_then(|it| it.span());
        let cx = &mut self.cx;
        if let Some(message) = spans::enter(span, || state.handle_now(message, cx)) {
            return Some(Next::Message(message));
        }
        self.end_turn(begun, None, false);
        None
    }

    /// Awaits the handler of a message; gives why the incarnation ends, if that is a panic.
    pub(super) async fn go_on(
        &mut self,
        state: &mut S,
        message: S::Message,
    ) -> Option<Box<ExitReason>> {
        let mut waits = false;
        let panic = {
            let mut handler = pin!(state.handle(message, &mut self.cx));
            let span = self.turn.observed.as_ref().and_then(|it| it.span());
            let (recorder, wait) = (&self.recorder, &self.turn.wait);
            let mut poll = |task: &mut TaskContext<'_>| match catch(|| handler.as_mut().poll(task))
            {
                Ok(Poll::Ready(())) => Poll::Ready(None),
                Ok(Poll::Pending) => {
                    if !mem::replace(&mut waits, true) {
                        recorder.wait();
                        // Its caller may be gone when it goes on.
                        ring::attribute(wait.as_ref().map(Held::wait));
                    }
                    Poll::Pending
                }
                Err(payload) => Poll::Ready(Some(Box::new(ExitReason::panic(payload)))),
            };
            poll_fn(|task| spans::enter(span, || poll(task))).await
        };
        self.polled &= !waits;
        self.attributed |= waits;
        self.end_turn(self.turn.begun, panic.as_deref(), waits);
        panic
    }

    /// The loop ended with a panic: of a handler, if one had begun.
    #[cold]
    pub(super) fn crash(&mut self, panic: &ExitReason) {
        if self.turn.is_open {
            self.end_turn(self.turn.begun, Some(panic), false);
        }
    }

    /// The handler has ended; it had to wait, or not.
    // What the turn holds of `begun` was just written: to read it as a whole would wait for that.
    #[inline]
    fn end_turn(&mut self, begun: Begun, panic: Option<&ExitReason>, waits: bool) {
        let failed = self.cx.take_failed();
        self.receiver.handled(waits);
        self.turn.is_open = false;
        self.meter.end(begun, panic.is_some(), failed);
        if let Some(mut observed) = self.turn.observed.take() {
            observed.end(panic, failed);
        }
        // Answered or not, this instance does not hold the caller up any more; nor is it held up
        // by what its handler began to wait for.
        self.turn.wait = None;
        self.receiver.slot().waits.end_all();
    }

    /// Says whose message is handled from now on: whose time the handler's calls inherit, and who waits for it.
    #[inline]
    fn attribute(&mut self, ticket: Option<Ticket>, wait: Option<&Held>) {
        self.receiver.slot().waits.serve(ticket);
        if wait.is_some() || mem::take(&mut self.attributed) {
            self.attributed = wait.is_some();
            ring::attribute(wait.map(Held::wait));
        }
    }

    /// Drops the next message: there is nobody, or no time left, to handle it for.
    #[cold]
    fn expire(&mut self) {
        if let Some((message, _)) = self.receiver.first()
            && let Some(caller) = message.route().caller
        {
            // Its own timer is about to say so; without this, the drop of its message could be first.
            caller.fail(Failure::Timeout);
        }
        self.receiver.delayed();
        self.receiver.slot().count(Unhandled::Expired, 1);
        drop(self.receiver.take());
    }
}

impl<S: Service> Drop for Body<S> {
    fn drop(&mut self) {
        if self.turn.is_open {
            self.meter.kill(self.turn.begun);
        }
    }
}
