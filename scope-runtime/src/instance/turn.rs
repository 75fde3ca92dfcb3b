//! The turn of one message: whose it is, its handler, and what is told of it.
//!
//! A handler that does not await runs at once, in a plain function: what the loop works with stays in registers. Only
//! one that awaits gets a future, and a place in the loop's own. A panic is caught around the whole loop, not once for
//! each message; so what has to be told of the message is kept where the loop's end finds it.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::task::Poll;

use super::incarnation::Body;
use super::life::Pause;
use super::vitals::Vitals;
use crate::context::Core;
use crate::exit::{ExitReason, catch, contain, contain_drop};
use crate::message::{HandlerMeta, Message};
use crate::reply::Failure;
use crate::ring::{self, Held};
use crate::rt::Arc;
use crate::service::Service;
use crate::slot::Slot;
use crate::stats::{Begun, Stamp};
use crate::tally::Unhandled;
use crate::telemetry::spans::{self, Origin};
use crate::telemetry::{self, Observed};

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

/// What became of the next message.
pub(super) enum Turned {
    /// It was handled, or nobody waits for that any more.
    Over,
    /// It is held: its handler awaits.
    Held,
    /// Whoever observes handlers panicked.
    Crashed(Pause),
}

impl<S: Service> Body<S> {
    /// Handles the next message, or begins to.
    #[inline]
    pub(super) fn take_turn(&mut self, state: &mut S, held: &mut Option<S::Message>) -> Turned {
        let Some((message, luggage)) = self.receiver.first() else {
            return Turned::Over;
        };
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
            return Turned::Over;
        }
        self.vitals
            .attribute(self.receiver.slot(), ticket, wait.as_ref());
        self.receiver.begin_to_take();
        let begun = self.vitals.begin_turn(meta, stamp, wait);
        if telemetry::is_observed()
            && let Err(panic) = (self.vitals).observe(self.receiver.slot(), meta, origin.as_ref())
        {
            // A subscriber panicked. The message is not to meet it once more.
            let dropped = self.receiver.take().map(contain_drop);
            let panic = dropped.and_then(Result::err).unwrap_or(panic);
            self.end_crashed(&panic);
            return Turned::Crashed(Pause::Ended(Box::new(panic)));
        }
        let Some(message) = self.receiver.take_message() else {
            return Turned::Over;
        };
        let handled = {
            let _entered = self.vitals.turn.enter();
            state.handle_now(message, &mut self.cx)
        };
        if let Some(message) = handled {
            *held = Some(message);
            return Turned::Held;
        }
        self.end_turn(begun, None, false);
        Turned::Over
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
            poll_fn(|task| {
                let poll = &mut || handler.as_mut().poll(task);
                self.vitals.poll_handler(poll, &mut waits)
            })
            .await
        };
        self.vitals.polled &= !waits;
        self.vitals.attributed |= waits;
        self.end_turn(self.vitals.turn.begun, panic.as_deref(), waits);
        panic
    }

    /// It ends with this panic: of a handler, if one had begun.
    #[cold]
    pub(super) fn end_crashed(&mut self, panic: &ExitReason) {
        if self.vitals.turn.is_open {
            self.end_turn(self.vitals.turn.begun, Some(panic), false);
        }
    }

    /// The handler has ended; it had to wait, or not.
    #[inline]
    fn end_turn(&mut self, begun: Begun, panic: Option<&ExitReason>, waits: bool) {
        if waits {
            self.receiver.delayed();
        }
        self.vitals.end_turn(self.cx.core(), begun, panic);
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
        self.receiver.slot().count(Unhandled::Expired, 1);
        drop(self.receiver.take());
    }
}

impl Turn {
    /// Enters the span of the handler, if it has one.
    #[inline]
    fn enter(&self) -> Option<spans::Entered<'_>> {
        let span = self.observed.as_ref().and_then(|it| it.span());
        spans::enter(span)
    }
}

impl Vitals {
    #[inline]
    fn begin_turn(&mut self, meta: HandlerMeta, stamp: Stamp, wait: Option<Held>) -> Begun {
        let place = self.recorder.begin(meta.name, meta.kind);
        let begun = self.meter.begin(place, stamp);
        self.turn.wait = wait;
        self.turn.begun = begun;
        self.turn.is_open = true;
        begun
    }

    /// Tells whoever observes handlers that one begins; an error if that panics.
    #[cold]
    fn observe(
        &mut self,
        slot: &Arc<Slot>,
        meta: HandlerMeta,
        origin: Option<&Origin>,
    ) -> Result<(), ExitReason> {
        let observed = contain(|| Observed::begin(&self.process, slot, meta, origin))?;
        self.turn.observed = Some(Box::new(observed));
        Ok(())
    }

    /// Polls the handler of a message; ready with the reason if it panicked.
    fn poll_handler(
        &mut self,
        poll: &mut dyn FnMut() -> Poll<()>,
        waits: &mut bool,
    ) -> Poll<Option<Box<ExitReason>>> {
        let _entered = self.turn.enter();
        match catch(poll) {
            Ok(Poll::Ready(())) => Poll::Ready(None),
            Ok(Poll::Pending) => {
                if !mem::replace(waits, true) {
                    self.recorder.wait();
                    // Its caller may be gone when it goes on.
                    ring::attribute(self.turn.wait.as_ref().map(Held::wait));
                }
                Poll::Pending
            }
            Err(payload) => Poll::Ready(Some(Box::new(ExitReason::panic(payload)))),
        }
    }

    // What the turn holds of `begun` was just written: to read it as a whole would wait for that.
    #[inline]
    fn end_turn(&mut self, core: &Core, begun: Begun, panic: Option<&ExitReason>) {
        let failed = core.take_failed();
        self.turn.is_open = false;
        self.meter.end(begun, panic.is_some(), failed);
        if let Some(mut observed) = self.turn.observed.take() {
            observed.end(panic, failed);
        }
        // Answered or not, this instance does not hold the caller up any more; nor is it held up
        // by what its handler began to wait for.
        self.turn.wait = None;
        core.slot().waits.end_all();
    }
}

impl Drop for Vitals {
    fn drop(&mut self) {
        if self.turn.is_open {
            self.meter.kill(self.turn.begun);
        }
    }
}
