//! The life of an incarnation, as it is for every service: compiled once for all of them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use super::next::Desk;
use crate::activity::Doing;
use crate::exit::{ExitReason, contain};
use crate::health::CheckOutcome;
use crate::process::{Ask, ChildFuture, Phase};
use crate::ring::{self, Current};
use crate::rt::{Instant, Sleep, sleep};
use crate::service::{Continue, Init, Initialized};
use crate::telemetry::{self, spans};

/// A future of the service's.
pub(super) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The part of an incarnation that knows the types of its service.
pub(super) trait Actor: Send {
    /// What it works with, but for the types of its service.
    fn desk(&mut self) -> Desk<'_>;
    /// Makes the state, and keeps it.
    fn init(&mut self) -> Boxed<'_, Initialized<()>>;
    fn after_init(&mut self) -> Boxed<'_, Continue>;
    /// Serves messages until there is something else to do.
    fn serve(&mut self) -> Boxed<'_, Pause>;
    fn check(&mut self, name: &'static str) -> Boxed<'_, CheckOutcome>;
    fn memory(&self) -> Option<u64>;
    fn debug(&self) -> Option<&dyn fmt::Debug>;
    fn terminate<'a>(&'a mut self, reason: &'a ExitReason) -> Boxed<'a, ()>;
    fn drop_state(&mut self);
}

/// What there is to do besides messages.
pub(super) enum Pause {
    /// To end, but for the messages that may come first. Boxed, to be small, as is the ask.
    Stop(Box<ExitReason>),
    /// To end at once.
    Ended(Box<ExitReason>),
    /// To end with this panic.
    Panicked(Box<ExitReason>),
    /// There is something to answer.
    Asked(Box<Ask>),
}

/// Makes an incarnation when its task runs first. A box for all that this takes: the life would keep it all along.
pub(super) type Enter = Box<dyn FnOnce() -> Result<Box<dyn Actor>, ExitReason> + Send>;

/// A task that is an instance of a service.
pub(super) struct Instance {
    life: ChildFuture,
    /// The instance that it is, kept here between its polls.
    current: Option<Box<Current>>,
}

impl Instance {
    pub(super) fn future(enter: Enter) -> ChildFuture {
        Box::pin(Self {
            life: Box::pin(live(enter)),
            current: None,
        })
    }
}

impl Future for Instance {
    type Output = ExitReason;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<ExitReason> {
        let Self { life, current } = self.get_mut();
        // Once around the whole task instead of around each handler: it is the cheapest there.
        ring::scope(current, || life.as_mut().poll(task))
    }
}

async fn live(enter: Enter) -> ExitReason {
    let mut actor = match enter() {
        Ok(actor) => actor,
        Err(reason) => return reason,
    };
    let actor = &mut *actor;
    if let Err(reason) = init(actor).await {
        return *reason;
    }
    let reason = match after_init(actor).await {
        None => serve(actor).await,
        Some(reason) => reason,
    };
    let terminated = terminate(actor, &reason).await;
    actor.desk().vitals.process.activity().enter(Doing::Drop);
    let dropped = contain(|| actor.drop_state());
    match terminated.and(dropped) {
        Ok(()) => *reason,
        Err(panic) => {
            let process = &actor.desk().vitals.process;
            if process.is_passivated() {
                // Nobody looks at the reason.
                let process = process.path();
                tracing::error!(target: "scope", %process, %panic, "panicked while it was passivated");
            }
            panic
        }
    }
}

/// Starts; gives the reason if there is nothing to run.
async fn init(actor: &mut dyn Actor) -> Result<(), Box<ExitReason>> {
    let begun = Instant::now();
    let process = &actor.desk().vitals.process.clone();
    process.activity().enter(Doing::Init);
    let span = spans::init(process, actor.desk().core.slot());
    match Guarded::new(actor.init()).in_span(span).await {
        Ok(Ok(Init::Run(()))) => actor.desk().vitals.start_timers(),
        Ok(Ok(Init::Ignore)) => {
            process.enter_phase(Phase::Ignored);
            return Err(Box::new(ExitReason::Normal));
        }
        Ok(Err(reason)) | Err(reason) => return Err(Box::new(reason)),
    }
    process.enter_phase(Phase::Started);
    actor.desk().vitals.meter.start();
    telemetry::started(process, actor.desk().core.slot(), begun);
    Ok(())
}

/// What comes before the first message; gives the reason if that is the end.
async fn after_init(actor: &mut dyn Actor) -> Option<Box<ExitReason>> {
    let ready = Guarded::new(actor.after_init()).await;
    let core = actor.desk().core;
    // What these began to wait for does not hold it up any more.
    core.slot().waits.end_all();
    core.take_failed();
    actor.desk().vitals.recorder.end();
    match ready {
        Ok(Ok(())) => None,
        Ok(Err(reason)) | Err(reason) => Some(Box::new(reason)),
    }
}

/// Serves messages until there is a reason to end.
async fn serve(actor: &mut dyn Actor) -> Box<ExitReason> {
    loop {
        match actor.serve().await {
            Pause::Stop(reason) => {
                let slot = actor.desk().core.slot().clone();
                if let Some(reason) = actor.desk().vitals.stop(&slot, reason) {
                    return reason;
                }
            }
            Pause::Ended(reason) => return reason,
            Pause::Panicked(panic) => {
                actor.desk().end_crashed(&panic);
                return panic;
            }
            Pause::Asked(ask) => Box::pin(super::asked::answer(*ask, actor)).await,
        }
    }
}

/// Lets it clean up, in its time.
async fn terminate(actor: &mut dyn Actor, reason: &ExitReason) -> Result<(), ExitReason> {
    let vitals = actor.desk().vitals;
    let process = &vitals.process.clone();
    // A supervisor that stops it looks at the clock itself.
    let limit = vitals.time_to_end.filter(|_| !process.is_timed());
    process.end();
    // It is nobody's message: the last caller's time is not its own.
    actor.desk().core.slot().waits.serve(None);
    ring::attribute(None);
    actor.desk().core.handler = None;
    process.activity().enter(Doing::Terminate);
    let span = spans::terminate(process, actor.desk().core.slot());
    let terminate = Guarded::new(actor.terminate(reason)).in_span(span);
    let terminated = terminate.within(limit).await;
    terminated.unwrap_or_else(|| {
        let process = process.path();
        tracing::error!(target: "scope", %process, "`terminate` did not end in {limit:?}: dropped");
        Ok(())
    })
}

/// A future of the user's: a panic becomes a reason.
pub(super) struct Guarded<'a, T> {
    future: Boxed<'a, T>,
    span: Option<spans::Origin>,
}

impl<'a, T> Guarded<'a, T> {
    pub(super) fn new(future: Boxed<'a, T>) -> Self {
        Self { future, span: None }
    }

    /// Polls it in a span, if there is one.
    fn in_span(self, span: Option<spans::Origin>) -> Self {
        Self { span, ..self }
    }

    /// Waits for it, but not longer than `limit`.
    pub(super) fn within(self, limit: Option<Duration>) -> Limited<'a, T> {
        Limited {
            guarded: self,
            limit,
            time: None,
        }
    }
}

impl<T> Future for Guarded<'_, T> {
    type Output = Result<T, ExitReason>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let Self { future, span } = self.get_mut();
        let _entered = spans::enter(span.as_ref());
        match contain(|| future.as_mut().poll(task)) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

/// The same, in its time; `None` when that is up. By hand: an `async fn` would hold it twice, for the whole life.
pub(super) struct Limited<'a, T> {
    guarded: Guarded<'a, T>,
    limit: Option<Duration>,
    /// Made when it turns out that there is something to wait for.
    time: Option<Pin<Box<Sleep>>>,
}

impl<T> Future for Limited<'_, T> {
    type Output = Option<Result<T, ExitReason>>;

    fn poll(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        match (Pin::new(&mut self.guarded).poll(task), self.limit) {
            (Poll::Ready(output), _) => Poll::Ready(Some(output)),
            (Poll::Pending, Some(limit)) => {
                let time = self.time.get_or_insert_with(|| Box::pin(sleep(limit)));
                time.as_mut().poll(task).map(|()| None)
            }
            (Poll::Pending, None) => Poll::Pending,
        }
    }
}
