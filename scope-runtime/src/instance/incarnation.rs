//! The part of an incarnation that is compiled for each service: its state, its messages, its handlers.

use std::any::Any;
use std::fmt;
use std::future::{poll_fn, ready};
use std::mem;
use std::ops::ControlFlow;
use std::pin::pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use super::life::{Actor, Boxed, Pause};
use super::next::Desk;
use super::turn::Handling;
use super::vitals::Vitals;
use crate::blueprint::Blueprint;
use crate::child_spec::Child;
use crate::context::{Context, Core};
use crate::exit::{ExitReason, catch};
use crate::health::CheckOutcome;
use crate::message::HandlerMeta;
use crate::receiver::{End, Receiver};
use crate::rt::Arc;
use crate::service::{Continue, Init, Initialized, Service};
use crate::slot::Slot;

pub(super) struct Incarnation<S: Service> {
    soul: Soul<S>,
    body: Body<S>,
}

/// What its service made of it.
enum Soul<S: Service> {
    Unborn(S::Args),
    Alive(S),
    Gone,
}

/// What an incarnation works with besides its state.
pub(super) struct Body<S: Service> {
    pub(super) vitals: Vitals,
    pub(super) receiver: Receiver<S::Message>,
    pub(super) cx: Context<S>,
}

impl<S: Service> Incarnation<S> {
    pub(super) fn enter(
        args: S::Args,
        child: &Child,
        slot: Arc<Slot>,
        idle: Option<Duration>,
    ) -> Result<Box<dyn Actor>, ExitReason> {
        let Outfit { vitals, end, core } =
            match Outfit::enter(child, slot, idle, Blueprint::of::<S>()) {
                Ok(outfit) => outfit,
                Err(reason) => return Err(reason),
            };
        let body = Body {
            vitals,
            receiver: Receiver::at(end),
            cx: Context::of(core),
        };
        let soul = Soul::Unborn(args);
        Ok(Box::new(Self { soul, body }))
    }

    fn state(&self) -> Option<&S> {
        match &self.soul {
            Soul::Alive(state) => Some(state),
            Soul::Unborn(_) | Soul::Gone => None,
        }
    }

    fn parts(&mut self) -> Option<(&mut S, &mut Body<S>)> {
        match &mut self.soul {
            Soul::Alive(state) => Some((state, &mut self.body)),
            Soul::Unborn(_) | Soul::Gone => None,
        }
    }
}

impl<S: Service> Actor for Incarnation<S> {
    fn vitals(&mut self) -> &mut Vitals {
        &mut self.body.vitals
    }

    fn core(&self) -> &Core {
        self.body.cx.core()
    }

    fn init(&mut self) -> Boxed<'_, Initialized<()>> {
        let Self { soul, body } = self;
        let Soul::Unborn(args) = mem::replace(soul, Soul::Gone) else {
            return Box::pin(ready(Ok(Init::Ignore)));
        };
        Box::pin(async move { soul.keep(S::init(args, &mut body.cx).await) })
    }

    fn after_init(&mut self) -> Boxed<'_, Continue> {
        match self.parts() {
            Some((state, body)) => Box::pin(state.after_init(&mut body.cx)),
            None => Box::pin(ready(Ok(()))),
        }
    }

    fn serve(&mut self) -> Boxed<'_, Pause> {
        match self.parts() {
            Some((state, body)) => Box::pin(body.serve(state)),
            None => Box::pin(ready(Pause::Ended(Box::new(ExitReason::Normal)))),
        }
    }

    fn delayed(&mut self) {
        self.body.receiver.end.delayed();
    }

    fn check(&mut self, check: HandlerMeta) -> Boxed<'_, CheckOutcome> {
        self.body.cx.core_mut().handler = Some(check);
        match self.parts() {
            Some((state, body)) => Box::pin(state.check(check.name, &mut body.cx)),
            None => Box::pin(ready(CheckOutcome::Passed)),
        }
    }

    fn memory(&self) -> Option<u64> {
        self.state()?.memory()
    }

    fn debug(&self) -> Option<&dyn fmt::Debug> {
        self.state()?.debug()
    }

    fn terminate<'a>(&'a mut self, reason: &'a ExitReason) -> Boxed<'a, ()> {
        self.body.cx.core_mut().handler = None;
        match self.parts() {
            Some((state, body)) => Box::pin(state.terminate(reason, &mut body.cx)),
            None => Box::pin(ready(())),
        }
    }

    fn drop_state(&mut self) {
        self.soul = Soul::Gone;
    }
}

impl<S: Service> Soul<S> {
    /// Keeps the state that `init` made.
    fn keep(&mut self, made: Initialized<S>) -> Initialized<()> {
        match made {
            Ok(Init::Run(state)) => {
                *self = Self::Alive(state);
                Ok(Init::Run(()))
            }
            Ok(Init::Ignore) => Ok(Init::Ignore),
            Err(reason) => Err(reason),
        }
    }
}

impl<S: Service> Body<S> {
    #[inline]
    pub(super) fn desk(&mut self) -> Desk<'_> {
        Desk {
            vitals: &mut self.vitals,
            end: &mut self.receiver.end,
            batch: &mut self.receiver.batch,
            core: self.cx.core_mut(),
        }
    }

    async fn serve(&mut self, state: &mut S) -> Pause {
        loop {
            // A message whose handler is to be awaited: here it is not copied with whatever else there may be to do.
            let mut held = None;
            let next = poll_fn(|task| self.poll_contained(task, state, &mut held)).await;
            if let Some(pause) = next {
                return pause;
            }
            if let Some(message) = held {
                let handled = Handling {
                    // Awaited here only: so it is part of this loop.
                    handler: pin!(state.handle(message, &mut self.cx)),
                    vitals: &mut self.vitals,
                    waits: false,
                }
                .await;
                if let Some(pause) = self.desk().went_on(handled) {
                    return pause;
                }
            }
        }
    }

    /// Handles messages until there is something else to do; `None` if that is to await the handler of the one held.
    fn poll_contained(
        &mut self,
        task: &mut TaskContext<'_>,
        state: &mut S,
        held: &mut Option<S::Message>,
    ) -> Poll<Option<Pause>> {
        match contained(&mut || self.poll_next(task, state, held)) {
            Ok(next) => next,
            Err(panic) => Poll::Ready(Some(self.desk().crash(panic))),
        }
    }

    fn poll_next(
        &mut self,
        task: &mut TaskContext<'_>,
        state: &mut S,
        held: &mut Option<S::Message>,
    ) -> Poll<Option<Pause>> {
        loop {
            let is_empty = self.receiver.batch.is_empty();
            let next = self.desk().poll_next(task, is_empty);
            if !matches!(next, Poll::Ready(None)) {
                return next;
            }
            if let ControlFlow::Break(next) = self.take_turn(state, held) {
                return Poll::Ready(next);
            }
        }
    }
}

/// A poll of whatever service; what a panic in it carries.
fn contained(
    poll: &mut dyn FnMut() -> Poll<Option<Pause>>,
) -> Result<Poll<Option<Pause>>, Box<dyn Any + Send>> {
    catch(poll)
}

/// What an incarnation begins with that does not know its service.
struct Outfit {
    vitals: Vitals,
    end: End,
    core: Core,
}

impl Outfit {
    fn enter(
        child: &Child,
        slot: Arc<Slot>,
        idle: Option<Duration>,
        service: &'static Blueprint,
    ) -> Result<Self, ExitReason> {
        let process = child.process().clone();
        let end = End::occupy(&slot, &process, (service.store)()).map_err(ExitReason::error)?;
        Ok(Self {
            vitals: Vitals::enter(child, &slot, idle, service),
            end,
            core: Core::new(process, slot),
        })
    }
}
