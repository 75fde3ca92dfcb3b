//! The life of one incarnation of a service.
//!
//! # Protocol
//! `init`, then *started*, then `after_init`, then messages one at a time, then `terminate`, then
//! the state is dropped, then the process exits (see `process.rs`). A signal in the lane is served
//! before the mailbox. A panic anywhere ends the incarnation, and `terminate` runs after it as
//! after a stop; only a kill, which aborts the task, runs nothing more.

mod asked;
mod next;
mod turn;

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use crate::activity::{Doing, Recorder};
use crate::blueprint::Blueprint;
use crate::child_spec::{Child, ChildSettings, ChildSpec};
use crate::context::{Context, Effects};
use crate::exit::{ExitReason, contain, contain_drop};
use crate::namespace::Namespace;
use crate::process::{Ask, ChildFuture, Phase, Process};
use crate::receiver::Receiver;
use crate::registry::{Key, service_slot};
use crate::ring::{self, Current};
use crate::rt::{Arc, Instant, Sleep, sleep};
use crate::service::{Init, Service};
use crate::slot::{Activator, Control, Slot};
use crate::stats::Meter;
use crate::supervisor::within;
use crate::telemetry::{self, spans};
use crate::timer::Timers;

use self::turn::Turn;

impl ChildSpec {
    /// The spec of a service: `args` makes the arguments of `init`, anew for every incarnation.
    ///
    /// Restart, shutdown and start timeout are those of `#[service(...)]`; what is set on the
    /// spec overrides them.
    pub fn service<S: Service>(
        id: impl Into<Arc<str>>,
        args: impl Fn() -> S::Args + Send + Sync + 'static,
    ) -> Self {
        Self::keyed_service::<S, ()>(id, (), args)
    }

    /// The spec of a service that is registered under a key.
    pub fn keyed_service<S: Service, K: Key>(
        id: impl Into<Arc<str>>,
        key: K,
        args: impl Fn() -> S::Args + Send + Sync + 'static,
    ) -> Self {
        let settings = Arc::new(ChildSettings::of(Blueprint::of::<S>()));
        service_spec::<S>(id.into(), settings, Place::of(key), args, None)
    }
}

/// Where the instances of a child are: their key, with its type forgotten.
pub(crate) struct Place(Box<Find>);

type Find = dyn Fn(&Blueprint, &Namespace) -> Arc<Slot> + Send + Sync;

impl Place {
    pub(crate) fn of<K: Key>(key: K) -> Self {
        Self(Box::new(move |service, namespace| {
            service_slot(service, namespace, &key)
        }))
    }
}

/// Lets an instance end after a time without messages, and start again with the next one.
#[derive(Clone)]
pub(crate) struct Passivation {
    pub(crate) after: Duration,
    /// Asks the supervisor for an instance.
    pub(crate) activate: Arc<dyn Fn() + Send + Sync>,
}

impl ChildSettings {
    /// What a service says of itself.
    pub(crate) fn of(service: &Blueprint) -> Self {
        Self {
            restart: service.options.restart,
            shutdown: service.options.shutdown,
            start_timeout: service.options.start_timeout,
            modules: service.id.module,
            ..Self::default()
        }
    }
}

pub(crate) fn service_spec<S: Service>(
    id: Arc<str>,
    settings: Arc<ChildSettings>,
    place: Place,
    args: impl Fn() -> S::Args + Send + Sync + 'static,
    passivation: Option<Passivation>,
) -> ChildSpec {
    let start = move |child: Child| -> ChildFuture {
        // A panic in an argument is a failed start: whoever makes the future contains it.
        let args = args();
        let slot = child.occupied(Blueprint::of::<S>(), &place, passivation.as_ref());
        let idle = passivation.as_ref().map(|passivation| passivation.after);
        Instance::of(Box::pin(live::<S>(child, slot, args, idle)))
    };
    ChildSpec::with_settings(id, settings, Arc::new(start))
}

impl Child {
    /// The slot that it is to occupy.
    fn occupied(
        &self,
        service: &Blueprint,
        place: &Place,
        passivation: Option<&Passivation>,
    ) -> Arc<Slot> {
        let slot = self.carry().slot(&|| place.0(service, self.namespace()));
        if let Some(passivation) = passivation {
            let activator = Activator {
                start: passivation.activate.clone(),
                tree: self.tree().cloned(),
            };
            let before = slot.with_control(|control| control.set_activator(activator));
            drop(before);
        }
        slot
    }
}

/// A task that is an instance of a service.
struct Instance {
    life: ChildFuture,
    /// The instance that it is, kept here between its polls.
    current: Option<Box<Current>>,
}

impl Instance {
    fn of(life: ChildFuture) -> ChildFuture {
        Box::pin(Self {
            life,
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

/// The life of an incarnation. What it does not need any more is let go before it waits: a future keeps it all along.
async fn live<S: Service>(
    child: Child,
    slot: Arc<Slot>,
    args: S::Args,
    idle: Option<Duration>,
) -> ExitReason {
    let mut body = match Body::<S>::enter(&child, slot, idle) {
        Ok(body) => body,
        Err(reason) => return reason,
    };
    drop(child);
    let init = Box::pin(body.init(args)).await;
    let mut state = match init {
        Ok(state) => state,
        Err(reason) => return *reason,
    };
    let reason = match Box::pin(body.after_init(&mut state)).await {
        None => body.serve(&mut state).await,
        Some(reason) => *reason,
    };
    let terminated = Box::pin(body.terminate(&mut state, &reason)).await;
    body.process.activity().enter(Doing::Drop);
    match terminated.and(contain_drop(state)) {
        Ok(()) => reason,
        Err(panic) => {
            if body.process.is_passivated() {
                // Nobody looks at the reason.
                let process = body.process.path();
                tracing::error!(target: "scope", %process, %panic, "panicked while it was passivated");
            }
            panic
        }
    }
}

/// What an incarnation works with besides its state.
struct Body<S: Service> {
    process: Arc<Process>,
    receiver: Receiver<S::Message>,
    meter: Meter,
    cx: Context<S>,
    timers: Timers,
    /// Tells what runs.
    recorder: Recorder,
    /// The current instance has a deadline or a caller from an earlier message.
    attributed: bool,
    idle: Option<Box<Idle>>,
    /// How long it may take to end by itself.
    time_to_end: Option<Duration>,
    /// The waker that the lane has.
    lane: Option<Waker>,
    /// A tick was served last: now it is the mailbox's turn.
    ticked: bool,
    /// It did not wait for anything since this poll of its task began.
    polled: bool,
    turn: Turn,
}

struct Idle {
    after: Duration,
    since: Pin<Box<Sleep>>,
    /// A message came since the clock was set.
    busy: bool,
}

/// What there is to do besides the handlers that do not await.
enum Next<M> {
    /// Boxed, to be small where there is none, as is the ask.
    End(Box<ExitReason>),
    /// To await the handler of this message.
    Message(M),
    /// A handler asked for something.
    Effects,
    /// The handler panicked.
    Crash(Box<ExitReason>),
    /// There is something to answer.
    Asked(Box<Ask>),
}

impl<S: Service> Body<S> {
    fn enter(
        child: &Child,
        slot: Arc<Slot>,
        idle: Option<Duration>,
    ) -> Result<Box<Self>, ExitReason> {
        let process = child.process().clone();
        let receiver = Receiver::occupy(&slot, &process).map_err(ExitReason::error)?;
        ring::enter(Current {
            slot: Some(slot.clone()),
            incarnation: process.id(),
            time: None,
            caller: None,
        });
        // Boxed: a future holds what it is given once more for each call that it is passed to.
        let service = Blueprint::of::<S>();
        Ok(Box::new(Self {
            meter: Meter::enter(&slot, service),
            cx: Context::new(process.clone(), slot),
            recorder: Recorder::new(process.clone(), service.handlers, service.options.debug),
            process,
            receiver,
            timers: Timers::default(),
            time_to_end: child.time_to_end(),
            attributed: false,
            idle: idle.map(|after| {
                Box::new(Idle {
                    after,
                    since: Box::pin(sleep(after)),
                    // The clock starts when the service has.
                    busy: true,
                })
            }),
            lane: None,
            ticked: false,
            polled: false,
            turn: Turn::default(),
        }))
    }

    /// Starts; gives the reason if there is nothing to run.
    async fn init(&mut self, args: S::Args) -> Result<S, Box<ExitReason>> {
        let begun = Instant::now();
        self.process.activity().enter(Doing::Init);
        let span = spans::init(&self.process, self.receiver.slot());
        let init = spans::within(span, guard(S::init(args, &mut self.cx))).await;
        let state = match init {
            Ok(Ok(Init::Run(state))) => state,
            Ok(Ok(Init::Ignore)) => {
                self.process.enter_phase(Phase::Ignored);
                return Err(Box::new(ExitReason::Normal));
            }
            Ok(Err(reason)) | Err(reason) => return Err(Box::new(reason)),
        };
        self.process.enter_phase(Phase::Started);
        self.meter.start();
        telemetry::started(&self.process, self.receiver.slot(), begun);
        for timer in S::TIMERS {
            self.timers.repeat(timer.period());
        }
        Ok(state)
    }

    /// What comes before the first message; gives the reason if that is the end.
    async fn after_init(&mut self, state: &mut S) -> Option<Box<ExitReason>> {
        let ready = guard(state.after_init(&mut self.cx)).await;
        // What these began to wait for does not hold it up any more.
        self.receiver.slot().waits.end_all();
        self.recorder.end();
        self.cx.take_failed();
        match ready {
            Ok(Ok(())) => None,
            Ok(Err(reason)) | Err(reason) => Some(Box::new(reason)),
        }
    }

    /// Lets it clean up, in its time.
    async fn terminate(&mut self, state: &mut S, reason: &ExitReason) -> Result<(), ExitReason> {
        self.process.end();
        ring::attribute(None);
        self.cx.handler = None;
        self.process.activity().enter(Doing::Terminate);
        let span = spans::terminate(&self.process, self.receiver.slot());
        // A supervisor that stops it looks at the clock itself.
        let limit = self.time_to_end.filter(|_| !self.process.is_timed());
        let terminate = guard(state.terminate(reason, &mut self.cx));
        let terminated = within(limit, spans::within(span, terminate)).await;
        terminated.unwrap_or_else(|| {
            let process = self.process.path();
            tracing::error!(target: "scope", %process, "`terminate` did not end in {limit:?}: dropped");
            Ok(())
        })
    }

    /// Serves messages until there is a reason to end.
    async fn serve(&mut self, state: &mut S) -> ExitReason {
        // Why it ends, while it still serves what waits.
        let mut ending: Option<Box<ExitReason>> = None;
        loop {
            let next = match (self.apply_effects(), &ending) {
                (Some(reason), None) => Next::End(reason),
                // It stops already; a crash still ends it at once.
                (Some(crash), Some(_)) if !crash.is_clean() => return *crash,
                (_, Some(_)) if self.receiver.is_empty() => {
                    return ending.map_or(ExitReason::Normal, |reason| *reason);
                }
                (_, ending) => {
                    let rest = ending.is_some();
                    poll_fn(|task| self.poll_contained(task, state, rest)).await
                }
            };
            match next {
                // Awaited here only: so it is part of this loop.
                Next::Message(message) => {
                    if let Some(panic) = self.go_on(state, message).await {
                        return *panic;
                    }
                }
                Next::Effects => {}
                Next::Crash(panic) => {
                    self.crash(&panic);
                    return *panic;
                }
                Next::Asked(ask) => Box::pin(self.answer(*ask, state)).await,
                Next::End(reason) if self.drains(&reason) => ending = Some(reason),
                Next::End(reason) => return *reason,
            }
        }
    }

    /// Under `mailbox(drain)`, what waits is served before a stop; nothing more comes in.
    fn drains(&self, reason: &ExitReason) -> bool {
        let slot = self.receiver.slot();
        let drains =
            slot.spec().options.drain && reason.is_clean() && !self.process.is_passivated();
        if drains {
            slot.with_control(Control::close);
        }
        drains
    }

    /// Does what the handlers asked for; gives a reason if that was to stop.
    #[inline]
    fn apply_effects(&mut self) -> Option<Box<ExitReason>> {
        if self.cx.has_effects() {
            self.apply(self.cx.take_effects())
        } else {
            None
        }
    }

    #[cold]
    fn apply(&mut self, effects: Effects) -> Option<Box<ExitReason>> {
        for later in effects.later {
            self.timers.add(later);
        }
        for number in effects.cancelled {
            self.timers.cancel(number);
        }
        effects.stop.map(Box::new)
    }
}

/// Polls a future of the user's: a panic becomes a reason.
async fn guard<T>(future: impl Future<Output = T>) -> Result<T, ExitReason> {
    let mut future = pin!(future);
    poll_fn(|task| match contain(|| future.as_mut().poll(task)) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}
