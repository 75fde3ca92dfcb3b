//! The part of an incarnation that is compiled for each service: its state, its messages, its handlers.

use std::fmt;
use std::future::{poll_fn, ready};
use std::mem;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use super::life::{Actor, Boxed, Pause};
use super::vitals::Vitals;
use crate::blueprint::Blueprint;
use crate::child_spec::Child;
use crate::context::{Context, Core};
use crate::exit::ExitReason;
use crate::health::CheckOutcome;
use crate::message::HandlerMeta;
use crate::receiver::Receiver;
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
    /// The message whose handler is the first to be awaited.
    held: Option<Box<S::Message>>,
}

impl<S: Service> Incarnation<S> {
    pub(super) fn enter(
        args: S::Args,
        child: &Child,
        slot: Arc<Slot>,
        idle: Option<Duration>,
    ) -> Result<Box<dyn Actor>, NoEntry> {
        let process = child.process().clone();
        let receiver = Receiver::occupy(&slot, &process)?;
        let vitals = Vitals::enter(child, &slot, idle, Blueprint::of::<S>());
        Ok(Box::new(Self {
            soul: Soul::Unborn(args),
            body: Body {
                vitals,
                receiver,
                cx: Context::new(process, slot),
                held: None,
            },
        }))
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
        Box::pin(async move {
            let Init::Run(state) = S::init(args, &mut body.cx).await? else {
                return Ok(Init::Ignore);
            };
            *soul = Soul::Alive(state);
            for timer in S::TIMERS {
                body.vitals.timers.repeat(timer.period());
            }
            Ok(Init::Run(()))
        })
    }

    fn after_init(&mut self) -> Boxed<'_, Continue> {
        match self.parts() {
            Some((state, body)) => Box::pin(state.after_init(&mut body.cx)),
            None => Box::pin(ready(Ok(()))),
        }
    }

    fn poll_serve(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Pause>> {
        let Some((state, body)) = self.parts() else {
            return Poll::Ready(Some(Pause::Ended(Box::new(ExitReason::Normal))));
        };
        let mut held = None;
        let next = body.poll_next(task, state, &mut held);
        body.held = held.map(Box::new);
        next
    }

    fn serve(&mut self) -> Boxed<'_, Pause> {
        match self.parts() {
            Some((state, body)) => Box::pin(body.serve(state)),
            None => Box::pin(ready(Pause::Ended(Box::new(ExitReason::Normal)))),
        }
    }

    fn crashed(&mut self, panic: &ExitReason) {
        self.body.end_crashed(panic);
    }

    fn delayed(&mut self) {
        self.body.receiver.delayed();
    }

    fn check(&mut self, check: HandlerMeta) -> Boxed<'_, CheckOutcome> {
        self.body.cx.handler = Some(check);
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
        self.body.cx.handler = None;
        match self.parts() {
            Some((state, body)) => Box::pin(state.terminate(reason, &mut body.cx)),
            None => Box::pin(ready(())),
        }
    }

    fn drop_state(&mut self) {
        self.soul = Soul::Gone;
    }
}

impl<S: Service> Body<S> {
    async fn serve(&mut self, state: &mut S) -> Pause {
        let mut first = self.held.take();
        loop {
            // A message whose handler is to be awaited: here it is not copied with whatever else there may be to do.
            let mut held = first.take().map(|message| *message);
            if held.is_none() {
                let next = poll_fn(|task| self.poll_next(task, state, &mut held)).await;
                if let Some(pause) = next {
                    return pause;
                }
            }
            // Awaited here only: so it is part of this loop.
            if let Some(message) = held
                && let Some(panic) = self.go_on(state, message).await
            {
                return Pause::Ended(panic);
            }
        }
    }
}
