//! The life of an incarnation, as it is for every service: compiled once for all of them.

use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use super::next::Desk;
use crate::activity::Doing;
use crate::exit::{ExitReason, contain, contain_drop};
use crate::health::CheckOutcome;
use crate::process::{Ask, ChildFuture, Phase};
use crate::remains;
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
    /// Handles messages until there is something else to do; `None` if that is to await the handler of one.
    fn poll_serve(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Pause>>;
    /// Awaits that handler, and serves on, also where handlers await. A box for those who have such handlers.
    fn serve(&mut self) -> Boxed<'_, Pause>;
    fn check(&mut self, name: &'static str) -> Boxed<'_, CheckOutcome>;
    fn memory(&self) -> Option<u64>;
    fn debug(&self) -> Option<&dyn fmt::Debug>;
    fn terminate<'a>(&'a mut self, reason: &'a ExitReason) -> Boxed<'a, ()>;
    fn drop_state(&mut self);
}

/// What there is to do besides messages.
pub(super) enum Pause {
    /// Its lane tells it to end, but for the messages that may come first; the lane keeps the reason.
    Told,
    /// The same, of itself. Boxed, to be small, as is the ask.
    Stop(Box<ExitReason>),
    /// To end at once.
    Ended(Box<ExitReason>),
    /// There is something to answer.
    Asked(Box<Ask>),
}

/// The task of an instance.
// What is between two waits is in functions of their own: what they work with is no part of the future.
pub(super) fn future(mut actor: Box<dyn Actor>) -> ChildFuture {
    let mut current = Some(Box::new(Current {
        slot: Some(actor.desk().core.slot().clone()),
        incarnation: actor.desk().vitals.process().id(),
        time: None,
        caller: None,
    }));
    Box::pin(async move {
        let begun = Instant::now();
        let init = with(&mut current, &mut *actor, begin);
        let made = As(&mut current, init).await;
        let ended = with(&mut current, &mut *actor, |it| start(it, begun, made));
        if let Some(reason) = ended {
            return reason;
        }
        let after_init = with(&mut current, &mut *actor, |it| {
            Guarded::new(|| it.after_init())
        });
        let ready = As(&mut current, after_init).await;
        let reason = {
            let mut pause = with(&mut current, &mut *actor, |it| get_ready(it, ready));
            loop {
                let asked = match settle(&mut *actor, pause) {
                    ControlFlow::Continue(asked) => asked,
                    ControlFlow::Break(reason) => break reason,
                };
                if let Some(ask) = asked {
                    As(
                        &mut current,
                        Box::pin(super::asked::answer(*ask, &mut *actor)),
                    )
                    .await;
                }
                let at_once = poll_fn(|task| poll_contained(|| actor.poll_serve(task)));
                let mut served = As(&mut current, at_once).await;
                if let Ok(None) = served {
                    let serve = Guarded::new(|| actor.serve());
                    served = As(&mut current, serve).await.map(Some);
                }
                pause = served.unwrap_or_else(|panic| {
                    with(&mut current, &mut *actor, |it| Some(crashed(it, panic)))
                });
            }
        };
        let mut ending = with(&mut current, &mut *actor, |it| terminate(it, &reason));
        let terminated = As(&mut current, &mut ending).await;
        let dropped = ring::scope(&mut current, || contain_drop(ending));
        let ended = with(&mut current, &mut *actor, |it| end(it, terminated, dropped));
        ended.err().unwrap_or(reason)
    })
}

/// Runs a step of its life as this instance.
fn with<'a, R>(
    current: &mut Option<Box<Current>>,
    actor: &'a mut dyn Actor,
    step: impl FnOnce(&'a mut dyn Actor) -> R,
) -> R {
    ring::scope(current, move || step(actor))
}

/// Polls a future as this instance: once around the whole loop instead of around each handler, it is the cheapest there.
struct As<'a, F>(&'a mut Option<Box<Current>>, F);

impl<F: Future + Unpin> Future for As<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let Self(current, future) = self.get_mut();
        ring::scope(current, || Pin::new(future).poll(task))
    }
}

/// Its `init`, which is about to run.
fn begin(actor: &mut dyn Actor) -> Guarded<'_, Initialized<()>> {
    let process = &actor.desk().vitals.process().clone();
    process.activity().enter(Doing::Init);
    let span = spans::init(process, actor.desk().core.slot());
    Guarded::new(|| actor.init()).in_span(span)
}

/// Its `init` has run; gives the reason if there is nothing to run.
fn start(
    actor: &mut dyn Actor,
    begun: Instant,
    made: Result<Initialized<()>, ExitReason>,
) -> Option<ExitReason> {
    let process = &actor.desk().vitals.process().clone();
    match made {
        Ok(Ok(Init::Run(()))) => actor.desk().vitals.start_timers(),
        Ok(Ok(Init::Ignore)) => {
            process.enter_phase(Phase::Ignored);
            return Some(ExitReason::Normal);
        }
        Ok(Err(reason)) | Err(reason) => return Some(reason),
    }
    process.enter_phase(Phase::Started);
    actor.desk().vitals.meter.start();
    telemetry::started(process, actor.desk().core.slot(), begun);
    None
}

/// What comes before the first message has run.
fn get_ready(actor: &mut dyn Actor, ready: Result<Continue, ExitReason>) -> Option<Pause> {
    let core = actor.desk().core;
    // What these began to wait for does not hold it up any more.
    core.slot().waits.end_all();
    core.take_failed();
    actor.desk().vitals.recorder.end();
    match ready {
        Ok(Ok(())) => None,
        Ok(Err(reason)) | Err(reason) => Some(Pause::Ended(Box::new(reason))),
    }
}

/// What follows from a pause, if it was one: the end, or to go on when what it is asked is answered.
fn settle(
    actor: &mut dyn Actor,
    pause: Option<Pause>,
) -> ControlFlow<ExitReason, Option<Box<Ask>>> {
    match pause {
        None => ControlFlow::Continue(None),
        Some(Pause::Asked(ask)) => ControlFlow::Continue(Some(ask)),
        Some(Pause::Ended(reason)) => ControlFlow::Break(*reason),
        Some(Pause::Stop(reason)) => stop(actor, *reason),
        Some(Pause::Told) => match actor.desk().vitals.process().told() {
            Some(reason) => stop(actor, reason),
            None => ControlFlow::Continue(None),
        },
    }
}

/// It is to stop: now, or when what waits is served.
fn stop(actor: &mut dyn Actor, reason: ExitReason) -> ControlFlow<ExitReason, Option<Box<Ask>>> {
    let slot = actor.desk().core.slot().clone();
    match actor.desk().vitals.stop(&slot, reason) {
        None => ControlFlow::Continue(None),
        Some(reason) => ControlFlow::Break(reason),
    }
}

#[cold]
fn crashed(actor: &mut dyn Actor, panic: ExitReason) -> Pause {
    actor.desk().end_crashed(&panic);
    Pause::Ended(Box::new(panic))
}

/// Its `terminate`, in its time.
fn terminate<'a>(actor: &'a mut dyn Actor, reason: &'a ExitReason) -> Limited<'a, ()> {
    let vitals = actor.desk().vitals;
    let process = &vitals.process().clone();
    // A supervisor that stops it looks at the clock itself.
    let limit = vitals.time_to_end.filter(|_| !process.is_timed());
    process.end();
    // It is nobody's message: the last caller's time is not its own.
    actor.desk().core.slot().waits.serve(None);
    ring::attribute(None);
    actor.desk().core.handler = None;
    process.activity().enter(Doing::Terminate);
    let span = spans::terminate(process, actor.desk().core.slot());
    let terminate = Guarded::new(|| actor.terminate(reason)).in_span(span);
    terminate.within(limit)
}

/// Its `terminate` has run, unless that took too long and was `dropped`. Drops its state; an error if one of these
/// panicked.
fn end(
    actor: &mut dyn Actor,
    terminated: Option<Result<(), ExitReason>>,
    dropped: Result<(), ExitReason>,
) -> Result<(), ExitReason> {
    let process = actor.desk().vitals.process().clone();
    if let Err(panic) = dropped {
        let process = process.path();
        tracing::error!(target: "scope", %process, %panic, "a destructor panicked in `terminate`");
    }
    let terminated = terminated.unwrap_or_else(|| {
        let (process, limit) = (process.path(), actor.desk().vitals.time_to_end);
        tracing::error!(target: "scope", %process, "`terminate` did not end in {limit:?}: dropped");
        Ok(())
    });
    process.activity().enter(Doing::Drop);
    let dropped = remains::with_remains(process.id(), || contain(|| actor.drop_state()));
    let ended = terminated.and(dropped);
    if let Err(panic) = &ended
        && process.is_passivated()
    {
        // Nobody looks at the reason.
        let process = process.path();
        tracing::error!(target: "scope", %process, %panic, "panicked while it was passivated");
    }
    ended
}

// Small: to unwind, all places of a function where it may are looked through, twice.
#[inline(never)]
fn poll_contained<T>(poll: impl FnOnce() -> Poll<T>) -> Poll<Result<T, ExitReason>> {
    match contain(poll) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    }
}

/// A future of the user's: a panic becomes a reason.
pub(super) struct Guarded<'a, T> {
    /// If it could not be made, the panic, until that is told.
    future: Result<Boxed<'a, T>, Option<ExitReason>>,
    span: Option<spans::Origin>,
}

impl<'a, T> Guarded<'a, T> {
    /// Makes it, which may run code of the user's: not every `fn` that gives a future is an `async fn`.
    pub(super) fn new(make: impl FnOnce() -> Boxed<'a, T>) -> Self {
        Self {
            future: contain(make).map_err(Some),
            span: None,
        }
    }

    /// Polls it in a span, if there is one.
    fn in_span(self, span: Option<spans::Origin>) -> Self {
        Self { span, ..self }
    }

    /// Waits for it, but not longer than `limit`.
    pub(super) fn within(self, limit: Option<Duration>) -> Limited<'a, T> {
        Limited {
            guarded: self,
            time: limit.map_or(Time::Endless, Time::Left),
        }
    }
}

impl<T> Future for Guarded<'_, T> {
    type Output = Result<T, ExitReason>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let Self { future, span } = self.get_mut();
        let future = match future {
            Ok(future) => future,
            Err(panic) => {
                return panic
                    .take()
                    .map_or(Poll::Pending, |it| Poll::Ready(Err(it)));
            }
        };
        let _entered = spans::enter(span.as_ref());
        poll_contained(|| future.as_mut().poll(task))
    }
}

/// The same, in its time; `None` when that is up. By hand: an `async fn` would hold it twice, for the whole life.
pub(super) struct Limited<'a, T> {
    guarded: Guarded<'a, T>,
    time: Time,
}

/// How long something may take.
enum Time {
    Endless,
    Left(Duration),
    /// Set when it turned out that there is something to wait for.
    Set(Pin<Box<Sleep>>),
}

impl<T> Future for Limited<'_, T> {
    type Output = Option<Result<T, ExitReason>>;

    fn poll(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(output) = Pin::new(&mut self.guarded).poll(task) {
            return Poll::Ready(Some(output));
        }
        if let Time::Left(limit) = self.time {
            self.time = Time::Set(Box::pin(sleep(limit)));
        }
        match &mut self.time {
            Time::Set(time) => time.as_mut().poll(task).map(|()| None),
            Time::Endless | Time::Left(_) => Poll::Pending,
        }
    }
}
