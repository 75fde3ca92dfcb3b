//! The turn of one message: whose it is, its handler, and what is told of it.
//!
//! A handler that does not await runs at once, in a plain function: what the loop works with stays in registers. Only
//! one that awaits gets a future, and a place in the loop's own. A panic is caught around the whole loop, not once for
//! each message; so what has to be told of the message is kept where the loop's end finds it.

use std::future::Future;
use std::mem;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use super::incarnation::Body;
use super::life::Pause;
use super::next::Desk;
use super::vitals::Vitals;
use crate::berth::Berth;
use crate::context::Core;
use crate::exit::{ExitReason, catch, contain};
use crate::luggage::Luggage;
use crate::message::{Message, Route};
use crate::receiver::{End, Receiver};
use crate::reply::Failure;
use crate::ring::{self, Held};
use crate::service::Service;
use crate::stats::Begun;
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

/// A handler that awaits.
pub(super) struct Handling<'a> {
    pub(super) handler: Pin<&'a mut (dyn Future<Output = ()> + Send)>,
    pub(super) vitals: &'a mut Vitals,
    /// It had to wait.
    pub(super) waits: bool,
}

/// How that ended.
pub(super) struct Handled {
    waits: bool,
    panic: Option<Box<ExitReason>>,
}

impl<S: Service> Body<S> {
    /// Handles the next message, or begins to; breaks with a pause, or without one if the message is held: its handler
    /// awaits.
    #[inline]
    pub(super) fn take_turn(&mut self, state: &mut S) -> ControlFlow<Option<Pause>> {
        let Receiver { end, batch } = &mut self.receiver;
        let Some((message, luggage)) = batch.first() else {
            return ControlFlow::Continue(());
        };
        let origin = luggage.origin.take();
        let core = self.cx.core_mut();
        if !(self.vitals).begin(end, core, message.route(), luggage) {
            self.desk().expire();
            return ControlFlow::Continue(());
        }
        // From here on it does not wait.
        end.took(batch.len().saturating_sub(1));
        if telemetry::is_observed()
            && let Err(panic) = (self.vitals).observe(core, origin.as_ref())
        {
            return ControlFlow::Break(Some(self.desk().crash(panic)));
        }
        // Straight from the queue into its handler: a copy would wait where it is of other parts than were just written.
        let Some(message) = batch.pop_front() else {
            return ControlFlow::Continue(());
        };
        let handled = {
            let _entered = self.vitals.turn.enter();
            state.handle_now(message, &mut self.cx)
        };
        if let Some(message) = handled {
            self.held = Berth::Holds(message);
            return ControlFlow::Break(None);
        }
        self.vitals.end_turn(end, self.cx.core_mut(), None, false);
        ControlFlow::Continue(())
    }
}

impl Future for Handling<'_> {
    type Output = Handled;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Handled> {
        let Self {
            handler,
            vitals,
            waits,
        } = self.get_mut();
        let panic = {
            let _entered = vitals.turn.enter();
            catch(|| handler.as_mut().poll(task))
        };
        let panic = match panic {
            Ok(Poll::Ready(())) => None,
            Ok(Poll::Pending) => {
                if !mem::replace(waits, true) {
                    vitals.recorder.wait();
                    // Its caller may be gone when it goes on.
                    ring::attribute(vitals.turn.wait.as_ref().map(Held::wait));
                }
                return Poll::Pending;
            }
            Err(payload) => Some(Box::new(ExitReason::panic(payload))),
        };
        let waits = *waits;
        Poll::Ready(Handled { waits, panic })
    }
}

impl Desk<'_> {
    /// Nobody waits for the next message any more, or there is no time left.
    #[cold]
    fn expire(&mut self) {
        self.end.slot().count(Unhandled::Expired, 1);
        // Its own timer is about to say so; without this, the drop of its message could be first.
        self.refuse_first(&Failure::Timeout);
    }

    /// Whoever is told that the next message begins panicked. The message is not to meet them once more.
    #[cold]
    fn crash(&mut self, panic: Box<ExitReason>) -> Pause {
        self.refuse_first(&Failure::Exited((*panic).clone()));
        self.end_crashed(&panic);
        Pause::Ended(panic)
    }

    fn refuse_first(&mut self, failure: &Failure) {
        self.batch.refuse_first(failure);
        self.end.took(self.batch.ring().len());
    }

    /// The handler that awaited has ended; gives why the incarnation ends, if that is a panic.
    pub(super) fn went_on(&mut self, handled: Handled) -> Option<Pause> {
        let Handled { waits, panic } = handled;
        let Self { vitals, end, .. } = self;
        vitals.polled &= !waits;
        vitals.attributed |= waits;
        vitals.end_turn(end, self.core, panic.as_deref(), waits);
        panic.map(Pause::Ended)
    }

    /// The loop ended with this panic: of a handler, if one had begun.
    #[cold]
    pub(super) fn end_crashed(&mut self, panic: &ExitReason) {
        if self.vitals.turn.is_open {
            self.vitals
                .end_turn(self.end, self.core, Some(panic), false);
        }
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
    /// The turn of a message begins; false if nobody waits for that any more, or there is no time left.
    // What travels with it is taken part by part, as it was written: a copy of all would wait for that.
    #[inline]
    fn begin(
        &mut self,
        end: &mut End,
        core: &mut Core,
        route: Route<'_>,
        luggage: &mut Luggage,
    ) -> bool {
        let (ticket, stamp, wait) = (luggage.ticket, luggage.stamp, luggage.wait.take());
        let meta = route.handler;
        let gone = route.caller.is_some_and(|caller| caller.is_gone());
        core.handler = Some(meta);
        if gone || end.is_late(ticket) {
            return false;
        }
        self.attribute(end.slot(), ticket, wait.as_ref());
        let place = self.recorder.begin(meta.name, meta.kind);
        self.turn.wait = wait;
        self.turn.begun = self.meter.begin(place, stamp);
        self.turn.is_open = true;
        true
    }

    /// Tells whoever observes handlers that one begins; an error if that panics.
    #[cold]
    fn observe(&mut self, core: &Core, origin: Option<&Origin>) -> Result<(), Box<ExitReason>> {
        let Some(meta) = core.handler else {
            return Ok(());
        };
        let observed = contain(|| Observed::begin(self.process(), core.slot(), meta, origin));
        self.turn.observed = Some(Box::new(observed?));
        Ok(())
    }

    /// The handler has ended; it had to wait, or not.
    #[inline]
    fn end_turn(&mut self, end: &mut End, core: &Core, panic: Option<&ExitReason>, waits: bool) {
        if waits {
            end.delayed();
        }
        let failed = core.take_failed();
        self.turn.is_open = false;
        self.meter.end(&self.turn.begun, panic.is_some(), failed);
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
            self.meter.kill(&self.turn.begun);
        }
    }
}
