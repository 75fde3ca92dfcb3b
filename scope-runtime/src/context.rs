//! The context: what a running service knows of itself, and what it can ask for.

use std::any::TypeId;
use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::time::Duration;

use crate::berth::{Berth, Outbox};
use crate::error::CastError;
use crate::event::Event;
use crate::exit::{Contained, ExitReason};
use crate::handle::Handle;
use crate::message::HandlerMeta;
use crate::monitor::{self, Down, MonitorRef};
use crate::namespace::Namespace;
use crate::pid::Pid;
use crate::process::Process;
use crate::registry::{self, Key, RegisterError, ServiceExt};
use crate::ring::with_current;
use crate::rt::{Arc, AtomicBool, Instant, Mutex, Numbers, OnceLock, Ordering, lock};
use crate::service::{Accepts, Done, InfoFor, Requires, Service};
use crate::slot::Slot;
use crate::task::{Links, Owner, Task};
use crate::telemetry::{Failed, OneLine, spans};
use crate::timer::Later;

/// What a handler gets as `cx`: its own incarnation, its namespace, what it requires.
///
/// Everything takes `&self`, so a handler may declare `cx: &Context<Self>` or
/// `cx: &mut Context<Self>`, at any position.
pub struct Context<S: Service> {
    pub(crate) core: Core,
    pub(crate) service: PhantomData<fn() -> S>,
}

/// What is the same for every service, and compiled once for all.
pub(crate) struct Core {
    process: Arc<Process>,
    slot: Arc<Slot>,
    /// Which handler runs, or ran last.
    pub(crate) handler: Option<HandlerMeta>,
    /// Set when there is something in `effects`: looked at after each message, for one load.
    changed: AtomicBool,
    effects: Mutex<Option<Box<Effects>>>,
    /// Made for the first of them.
    ties: OnceLock<Box<Ties>>,
    /// Set when a handler returned an error; whoever observes handlers takes it back.
    failed: AtomicBool,
}

/// What few incarnations have: ties to others.
#[derive(Default)]
struct Ties {
    monitors: Arc<Mutex<Vec<Watch>>>,
    subscribed: Mutex<BTreeSet<TypeId>>,
    tasks: Owner,
}

/// One monitor of this incarnation.
struct Watch {
    monitor: MonitorRef,
    watched: Option<(Arc<Process>, u64)>,
}

/// What a handler asked the service's loop for.
#[derive(Default)]
pub(crate) struct Effects {
    pub(crate) stop: Option<ExitReason>,
    pub(crate) later: Vec<Later>,
    pub(crate) cancelled: Vec<u64>,
}

/// Names a message that comes later, see [`Context::send_after`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimerRef(u64);

impl<S: Service> Context<S> {
    /// This incarnation.
    pub fn pid(&self) -> Pid {
        Pid::new(self.core.process.clone())
    }

    /// The namespace that the service runs in.
    pub fn namespace(&self) -> &Namespace {
        self.core.process.namespace()
    }

    /// Casts to oneself: they are queued behind what already waits, and never wait themselves.
    /// There are no calls: a service that waits for itself would wait for ever.
    pub fn myself(&self) -> S::Myself {
        self.handle().into()
    }

    /// The handle of a required service, in the same namespace; in the parent's, if that provides it.
    ///
    /// It compiles only for what `#[service(requires(...))]` names, so the declared graph is the
    /// real one.
    pub fn service<T: Service>(&self) -> T::Handle
    where
        S: Requires<T>,
    {
        T::via(self.core.process.home().of::<T>())
    }

    /// Ends this incarnation with `reason` after the running handler; `terminate` runs.
    ///
    /// # OTP
    /// `{stop, Reason, State}`, but an answer of the running handler is sent before `terminate`.
    pub fn stop(&self, reason: ExitReason) {
        self.core.stop(reason);
    }

    /// Sends oneself a message for an `#[info]` handler after `delay`.
    ///
    /// # OTP
    /// `erlang:send_after/3`.
    pub fn send_after<T: InfoFor<S>>(&self, delay: Duration, info: T) -> TimerRef {
        let message = Berth::Holds(info.into_message());
        self.core.send_after(delay, Box::new(message))
    }

    /// Takes a message back that was to come later; nothing happens if it came already.
    pub fn cancel(&self, timer: TimerRef) {
        self.core.change(|effects| effects.cancelled.push(timer.0));
    }

    /// Tells the service with a [`Down`] when the incarnation behind `handle` ends; at once with
    /// the reason `NoProc` if there is none.
    ///
    /// Only this incarnation gets it; but what is queued when it ends is its successor's under
    /// `mailbox(keep)`, and so is a `Down`.
    ///
    /// # OTP
    /// `monitor(process, Pid)`.
    pub fn monitor<T>(&self, handle: &Handle<T>) -> MonitorRef
    where
        S: Accepts<Down>,
    {
        let monitor = MonitorRef::next();
        let target = (handle.slot(), &self.core.slot);
        let is_wanted = self.core.expect(monitor);
        let watched = monitor::watch::<S>(target, self.core.process.id(), monitor, is_wanted);
        self.core.watches(monitor, watched);
        monitor
    }

    /// Takes a monitor back. A `Down` that is already queued still comes.
    ///
    /// # OTP
    /// `demonitor/1`.
    pub fn demonitor(&self, monitor: MonitorRef) {
        self.core.demonitor(monitor);
    }

    /// Subscribes the service to events of type `E` in its namespace, as long as this
    /// incarnation runs. Its `#[info]` handler for `E` gets them.
    pub fn subscribe<E: Event>(&self)
    where
        S: Accepts<E>,
    {
        let topics = &self.namespace().space().topics;
        let topic = topics.subscribe::<S, E>(&self.core.slot, self.core.process.id());
        lock(&self.core.make_ties().subscribed).insert(topic);
    }

    /// Sends a clone of `event` to everybody in the namespace who subscribed to its type; gives
    /// how many got it. Never waits.
    pub fn publish<E: Event>(&self, event: &E) -> usize {
        self.namespace().publish(event)
    }

    /// Registers this incarnation under one more key, until it ends.
    ///
    /// A handle that somebody got with [`via_key`](ServiceExt::via_key) before does not reach it:
    /// look the key up after the registration, and again after a restart.
    ///
    /// # Errors
    /// [`RegisterError::AlreadyRegistered`] if somebody runs under that key, or a child that has it
    /// as its own may come back.
    ///
    /// # OTP
    /// Elixir's `Registry.register/3`.
    pub fn register<K: Key>(&self, key: K) -> Result<(), RegisterError> {
        let Core { process, slot, .. } = &self.core;
        registry::register(self.namespace(), TypeId::of::<S>(), key, slot, process.id())
    }

    /// Runs a future beside the service, linked to it: when the service ends, the task is
    /// dropped, and the service has not exited before that; when the task panics, the service ends with that reason. The task inherits what
    /// is left of the deadline of the call that is being handled, and runs in its `tracing` span.
    ///
    /// # OTP
    /// `spawn_link/1`.
    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        let deadline = with_current(|current| current.and_then(|current| current.deadline()));
        let tasks = &self.core.make_ties().tasks;
        tasks.spawn(&self.core.process, deadline, future)
    }

    /// Logs the error of a handler without a caller; it never ends the service.
    /// [`Handled::done`](crate::Handled::done) also looks whether it is fatal.
    pub fn done(&self, outcome: &impl Done) {
        if let Some(error) = outcome.error() {
            self.core.note_failure();
            self.core.log(error);
        }
    }

    /// Ends this incarnation after the running handler, whatever reason that itself gave to stop.
    #[cold]
    pub(crate) fn crash(&self, reason: ExitReason) {
        self.core.change(|effects| effects.stop = Some(reason));
    }

    /// What is linked to this incarnation.
    pub(crate) fn links(&self) -> &Arc<Links> {
        self.core.make_ties().tasks.links(&self.core.process)
    }

    pub(crate) fn handle(&self) -> Handle<S> {
        Handle::of_slot(self.core.slot.clone())
    }

    /// What does not know the service.
    #[inline]
    pub(crate) fn core_mut(&mut self) -> &mut Core {
        &mut self.core
    }
}

impl Core {
    pub(crate) fn new(process: Arc<Process>, slot: Arc<Slot>) -> Self {
        Self {
            handler: None,
            process,
            slot,
            changed: AtomicBool::new(false),
            effects: Mutex::default(),
            ties: OnceLock::new(),
            failed: AtomicBool::new(false),
        }
    }

    fn make_ties(&self) -> &Ties {
        self.ties.get_or_init(Box::default)
    }

    fn change(&self, change: impl FnOnce(&mut Effects)) {
        change(lock(&self.effects).get_or_insert_default());
        self.changed.store(true, Ordering::Release);
    }

    fn stop(&self, reason: ExitReason) {
        self.change(|effects| {
            effects.stop.get_or_insert(reason);
        });
    }

    fn send_after(&self, delay: Duration, message: Box<dyn Outbox>) -> TimerRef {
        static NEXT: Numbers = Numbers::new();
        let number = NEXT.next();
        // Beyond the end of time it never comes.
        if let Some(at) = Instant::now().checked_add(delay) {
            let later = Later {
                at,
                number,
                message,
                origin: spans::origin(),
            };
            self.change(|effects| effects.later.push(later));
        }
        TimerRef(number)
    }

    /// Begins to expect a monitor to fire. Gives what says then whether it is still wanted, for it fires once.
    fn expect(&self, monitor: MonitorRef) -> impl Fn(MonitorRef) -> bool + Send + use<> {
        let watch = Watch {
            monitor,
            watched: None,
        };
        let own = &self.make_ties().monitors;
        lock(own).push(watch);
        let monitors = Arc::downgrade(own);
        move |monitor| {
            monitors.upgrade().is_some_and(|monitors| {
                let mut monitors = lock(&monitors);
                let place = monitors.iter().position(|watch| watch.monitor == monitor);
                place.map(|place| monitors.swap_remove(place)).is_some()
            })
        }
    }

    /// Remembers what has to be taken back with a monitor.
    fn watches(&self, monitor: MonitorRef, watched: Option<(Arc<Process>, u64)>) {
        let mut monitors = lock(&self.make_ties().monitors);
        if let Some(watch) = monitors.iter_mut().find(|watch| watch.monitor == monitor) {
            watch.watched = watched;
        }
    }

    fn demonitor(&self, monitor: MonitorRef) {
        let watch = self.ties.get().and_then(|ties| {
            let mut monitors = lock(&ties.monitors);
            let place = monitors.iter().position(|watch| watch.monitor == monitor);
            place.map(|place| monitors.swap_remove(place))
        });
        watch.into_iter().for_each(Watch::forget);
    }

    fn log(&self, error: &dyn fmt::Display) {
        let error = Contained(error);
        let handler = self.handler.map_or("terminate", |handler| handler.name);
        let (label, namespace) = (self.slot.label(), self.process.namespace());
        tracing::warn!(
            target: "scope",
            { scope.service = %label, scope.namespace = %namespace },
            "{label} failed in `{handler}`, which nobody waits for: {}", OneLine(&error)
        );
    }

    /// Where the incarnation runs.
    #[inline]
    pub(crate) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// True if there is something that [`Self::take_effects`] gives; usually there is not, for the price of a load.
    #[inline]
    pub(crate) fn has_effects(&self) -> bool {
        self.changed.load(Ordering::Acquire)
    }

    /// True while a linked task runs.
    pub(crate) fn is_busy(&self) -> bool {
        self.ties.get().is_some_and(|ties| ties.tasks.is_busy())
    }

    /// What the handlers asked for since the last time.
    pub(crate) fn take_effects(&self) -> Effects {
        self.changed.store(false, Ordering::Relaxed);
        let effects = lock(&self.effects).take();
        effects.map(|effects| *effects).unwrap_or_default()
    }

    /// The handler returned an error.
    pub(crate) fn note_failure(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    /// Whether a handler returned an error since the last time.
    #[inline]
    pub(crate) fn take_failed(&self) -> Failed {
        let failed = self.failed.load(Ordering::Relaxed);
        if failed {
            self.failed.store(false, Ordering::Relaxed);
            Failed::Yes
        } else {
            Failed::No
        }
    }

    /// How many linked tasks run, and the paths of those that it monitors.
    pub(crate) fn ties(&self) -> (usize, Vec<Arc<str>>) {
        let path_of = |watch: &Watch| {
            let (process, _) = watch.watched.as_ref()?;
            Some(process.path().clone())
        };
        let ties = self.ties.get().map(|ties| {
            let paths = lock(&ties.monitors).iter().filter_map(path_of).collect();
            (ties.tasks.running(), paths)
        });
        ties.unwrap_or_default()
    }
}

impl Watch {
    fn forget(self) {
        if let Some((process, hook)) = self.watched {
            process.remove_hook(hook);
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        let Some(ties) = self.ties.get() else {
            return;
        };
        let monitors = mem::take(&mut *lock(&ties.monitors));
        monitors.into_iter().for_each(Watch::forget);
        let topics = &self.process.namespace().space().topics;
        topics.leave(self.process.id(), &lock(&ties.subscribed));
    }
}

impl<S: Service> fmt::Debug for Context<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({})", self.pid())
    }
}

/// What a service sends to itself through, see [`Context::myself`]: casts and infos, no calls.
pub struct Myself<S>(Handle<S>);

/// A service that waits for its own answer: there is none, as it would wait for ever.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't wait for its own answer; call the method on `self`",
    label = "a call of the service by itself"
)]
pub trait WaitsForItself<'a> {}

impl<S: Service> Myself<S> {
    /// Queues one of the service's own messages. Generated methods use it.
    ///
    /// # Errors
    /// [`CastError`] with the message if the mailbox is full: it never waits.
    pub fn send(&self, message: S::Message) -> Result<(), CastError<S::Message>> {
        self.0.send_now(message)
    }

    /// Queues a message for an `#[info]` handler.
    ///
    /// # Errors
    /// [`CastError`] with the message if the mailbox is full: it never waits.
    pub fn info<T: InfoFor<S>>(&self, info: T) -> Result<(), CastError<S::Message>> {
        self.send(info.into_message())
    }
}

impl<S> From<Handle<S>> for Myself<S> {
    fn from(handle: Handle<S>) -> Self {
        Self(handle)
    }
}

impl<S> Clone for Myself<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S> fmt::Debug for Myself<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Myself({:?})", self.0)
    }
}
