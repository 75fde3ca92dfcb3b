//! The part of an incarnation that is compiled for each service: its state, its messages, its handlers.

use std::fmt;
use std::future::{poll_fn, ready};
use std::marker::PhantomData;
use std::mem;
use std::ops::ControlFlow;
use std::pin::pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use super::life::{Actor, Boxed, Pause};
use super::next::Desk;
use super::turn::Handling;
use super::vitals::Vitals;
use crate::berth::Berth;
use crate::blueprint::Blueprint;
use crate::child_spec::Child;
use crate::context::{Context, Core};
use crate::exit::ExitReason;
use crate::fifo::Fifo;
use crate::health::CheckOutcome;
use crate::receiver::{End, Receiver};
use crate::rt::Arc;
use crate::service::{Continue, Init, Initialized, Service};
use crate::slot::{NoEntry, Slot};

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
    /// A message whose handler is to be awaited.
    pub(super) held: Berth<S::Message>,
}

impl<S: Service> Incarnation<S> {
    pub(super) fn enter(
        args: S::Args,
        child: &Child,
        slot: Arc<Slot>,
        idle: Option<Duration>,
    ) -> Result<Box<dyn Actor>, NoEntry> {
        match Outfit::enter(child, slot, idle, Blueprint::of::<S>()) {
            Ok(outfit) => Ok(Box::new(Self {
                soul: Soul::Unborn(args),
                body: Body::of(outfit),
            })),
            Err(taken) => Err(taken),
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
    fn desk(&mut self) -> Desk<'_> {
        self.body.desk()
    }

    fn init(&mut self) -> Boxed<'_, Initialized<()>> {
        Box::pin(self.soul.awake(&mut self.body.cx))
    }

    fn after_init(&mut self) -> Boxed<'_, Continue> {
        match self.parts() {
            Some((state, body)) => Box::pin(state.after_init(&mut body.cx)),
            None => Box::pin(ready(Ok(()))),
        }
    }

    fn poll_serve(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Pause>> {
        match self.parts() {
            Some((state, body)) => body.poll_next(task, state),
            None => Poll::Ready(Some(Pause::Ended(Box::new(ExitReason::Normal)))),
        }
    }

    fn serve(&mut self) -> Boxed<'_, Pause> {
        match self.parts() {
            Some((state, body)) => Box::pin(body.serve(state)),
            None => Box::pin(ready(Pause::Ended(Box::new(ExitReason::Normal)))),
        }
    }

    fn check(&mut self, name: &'static str) -> Boxed<'_, CheckOutcome> {
        match self.parts() {
            Some((state, body)) => Box::pin(state.check(name, &mut body.cx)),
            None => Box::pin(ready(CheckOutcome::Passed)),
        }
    }

    fn memory(&self) -> Option<u64> {
        match &self.soul {
            Soul::Alive(state) => state.memory(),
            Soul::Unborn(_) | Soul::Gone => None,
        }
    }

    fn debug(&self) -> Option<&dyn fmt::Debug> {
        match &self.soul {
            Soul::Alive(state) => state.debug(),
            Soul::Unborn(_) | Soul::Gone => None,
        }
    }

    fn terminate<'a>(&'a mut self, reason: &'a ExitReason) -> Boxed<'a, ()> {
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
    /// Makes the state.
    async fn awake(&mut self, cx: &mut Context<S>) -> Initialized<()> {
        let Self::Unborn(args) = mem::replace(self, Self::Gone) else {
            return Ok(Init::Ignore);
        };
        self.keep(S::init(args, cx).await)
    }

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
    fn of(outfit: Outfit) -> Self {
        Self {
            vitals: outfit.vitals,
            // Written out: each function between would be compiled for each service once more.
            receiver: Receiver {
                end: outfit.end,
                batch: Fifo::EMPTY,
            },
            cx: Context {
                core: outfit.core,
                service: PhantomData,
            },
            held: Berth::Empty,
        }
    }

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
            let Some(message) = self.held.take() else {
                let next = poll_fn(|task| self.poll_next(task, state)).await;
                if let Some(pause) = next {
                    return pause;
                }
                continue;
            };
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

    /// Handles messages until there is something else to do; `None` if that is to await the handler of the one held.
    fn poll_next(&mut self, task: &mut TaskContext<'_>, state: &mut S) -> Poll<Option<Pause>> {
        loop {
            let is_empty = self.receiver.batch.is_empty();
            let next = self.desk().poll_next(task, is_empty);
            if !matches!(next, Poll::Ready(None)) {
                return next;
            }
            if let ControlFlow::Break(next) = self.take_turn(state) {
                return Poll::Ready(next);
            }
        }
    }
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
    ) -> Result<Self, NoEntry> {
        let process = child.process().clone();
        // A child keeps its place over restarts of its supervisor, whose `init` may decide for another service the next
        // time.
        if slot.spec().service.type_id() != service.type_id() {
            return Err(NoEntry::OtherMessages(slot.label()));
        }
        let end = End::occupy(&slot, &process)?;
        Ok(Self {
            vitals: Vitals::enter(child, &slot, idle, service),
            end,
            core: Core::new(process, slot),
        })
    }
}
