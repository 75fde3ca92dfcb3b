//! Child specs: what a supervisor knows of a child.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::task::Poll;
use std::time::Duration;

use crate::carry::Carry;
use crate::exit::{ExitReason, contain};
use crate::namespace::Namespace;
use crate::options::{Options, ServiceId};
use crate::pid::Pid;
use crate::process::{ChildFuture, Phase, Process, Signal};
use crate::rt::{Arc, select};
use crate::slot::Attachment;
use crate::supervisor::{Parent, RestartLog};

/// When a child that ended is started again.
///
/// | | clean exit | failure |
/// | --- | --- | --- |
/// | `Permanent` | restarted | restarted |
/// | `Transient` | stays down, its spec is kept | restarted |
/// | `Temporary` | forgotten | forgotten |
///
/// # OTP
/// `restart` of a child spec, with the same default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// Always.
    #[default]
    Permanent,
    /// Only after a failure.
    Transient,
    /// Never.
    Temporary,
}

/// How a child is stopped, and how long a service's `terminate` may take when it ends by itself:
/// then `terminate` is dropped.
///
/// # OTP
/// `shutdown` of a child spec. Unlike OTP's, a nested supervisor that is killed still stops its
/// own children before it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// It is killed at once, without `terminate`. One that ends by itself has five seconds for that.
    BrutalKill,
    /// It is told to stop, and killed when it takes longer than this.
    Timeout(Duration),
    /// It is told to stop and may take as long as it needs.
    Infinity,
}

/// What a child counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChildType {
    /// A service or a task.
    #[default]
    Worker,
    /// A supervisor.
    Supervisor,
}

/// What a supervisor knows of a child: how to start it, when to restart it, how to stop it.
///
/// A plain value: cheap to clone, and one spec may be used for many children.
///
/// # Examples
/// ```
/// use scope_runtime::{ChildSpec, ExitReason, Restart, Shutdown};
///
/// let spec = ChildSpec::new("pump", async |child| {
///     child.started();
///     child.stopped().await // works until it is told to stop, and then ends with that reason
/// })
/// .restart(Restart::Transient)
/// .shutdown(Shutdown::Infinity);
/// assert_eq!(spec.id(), "pump");
/// ```
///
/// # OTP
/// A child spec, with OTP's defaults: permanent, worker, not significant, five seconds to stop
/// (a supervisor: infinity).
#[derive(Clone)]
pub struct ChildSpec {
    id: Arc<str>,
    start: Arc<dyn Fn(Child) -> ChildFuture + Send + Sync>,
    pub(crate) settings: Settings,
}

/// The settings of a child: those that its kind begins with, or its own.
#[derive(Clone, Debug)]
pub(crate) enum Settings {
    Of(&'static ChildSettings),
    /// Shared by the instances of a dynamic child.
    Own(Arc<ChildSettings>),
}

impl Deref for Settings {
    type Target = ChildSettings;

    fn deref(&self) -> &ChildSettings {
        match self {
            Self::Of(settings) => settings,
            Self::Own(settings) => settings,
        }
    }
}

/// The part of a child spec that is plain data.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChildSettings {
    pub(crate) restart: Restart,
    pub(crate) shutdown: Shutdown,
    pub(crate) child_type: ChildType,
    pub(crate) significant: bool,
    pub(crate) start_timeout: Option<Duration>,
    pub(crate) modules: &'static str,
    #[cfg(feature = "retry")]
    pub(crate) backoff: Option<crate::backoff::Backoff>,
}

impl ChildSettings {
    const DEFAULT: Self = Self {
        restart: Restart::Permanent,
        shutdown: Shutdown::Timeout(Duration::from_secs(5)),
        child_type: ChildType::Worker,
        significant: false,
        start_timeout: None,
        modules: "",
        #[cfg(feature = "retry")]
        backoff: None,
    };

    /// What a service says of itself.
    pub(crate) const fn of(options: &Options, id: ServiceId) -> Self {
        Self {
            restart: options.restart,
            shutdown: options.shutdown,
            start_timeout: options.start_timeout,
            modules: id.module,
            ..Self::DEFAULT
        }
    }
}

impl ChildSpec {
    /// Makes the spec of a child that runs `start`, anew for every incarnation.
    ///
    /// The future tells its supervisor that it runs with [`Child::started`]; what it returns
    /// is its exit reason. Ending before that is a failed start.
    pub fn new<F>(
        id: impl Into<Arc<str>>,
        start: impl Fn(Child) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ExitReason> + Send + 'static,
    {
        Self::boxed(id.into(), Arc::new(move |child| Box::pin(start(child))))
    }

    /// Makes the spec of a plain task: it has started at once, is dropped when it is told to
    /// stop, and exits as `Normal`, or with the error it returns.
    ///
    /// # Examples
    /// ```
    /// use scope_runtime::ChildSpec;
    ///
    /// let spec = ChildSpec::task("heartbeat", || async { println!("still here") });
    /// assert_eq!(spec.id(), "heartbeat");
    /// ```
    ///
    /// # OTP
    /// A process that does not trap exits.
    pub fn task<F>(id: impl Into<Arc<str>>, task: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output: TaskOutput> + Send + 'static,
    {
        Self::new(id, move |child| {
            let made = contain(&task);
            async move {
                match made {
                    Ok(task) => child.run_task(task).await,
                    Err(panic) => panic,
                }
            }
        })
    }

    pub(crate) fn boxed(
        id: Arc<str>,
        start: Arc<dyn Fn(Child) -> ChildFuture + Send + Sync>,
    ) -> Self {
        Self::with_settings(id, Settings::Of(&ChildSettings::DEFAULT), start)
    }

    pub(crate) fn with_settings(
        id: Arc<str>,
        settings: Settings,
        start: Arc<dyn Fn(Child) -> ChildFuture + Send + Sync>,
    ) -> Self {
        Self {
            id,
            start,
            settings,
        }
    }

    pub(crate) fn set(&mut self, change: impl FnOnce(&mut ChildSettings)) {
        match &mut self.settings {
            Settings::Own(settings) => change(Arc::make_mut(settings)),
            Settings::Of(settings) => {
                let mut own = settings.clone();
                change(&mut own);
                if own != **settings {
                    self.settings = Settings::Own(Arc::new(own));
                }
            }
        }
    }

    /// Its name, unique in its supervisor.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn shared_id(&self) -> &Arc<str> {
        &self.id
    }

    /// When it is started again; default `Permanent`.
    #[must_use = "gives the changed spec"]
    pub fn restart(mut self, restart: Restart) -> Self {
        self.set(|settings| settings.restart = restart);
        self
    }

    /// How it is stopped; default five seconds, for a supervisor `Infinity`.
    #[must_use = "gives the changed spec"]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.set(|settings| settings.shutdown = shutdown);
        self
    }

    /// What it counts as; only a label. Default `Worker`.
    #[must_use = "gives the changed spec"]
    pub fn child_type(mut self, child_type: ChildType) -> Self {
        self.set(|settings| settings.child_type = child_type);
        self
    }

    /// Lets its end end its supervisor, see [`AutoShutdown`](crate::AutoShutdown).
    #[must_use = "gives the changed spec"]
    pub fn significant(mut self) -> Self {
        self.set(|settings| settings.significant = true);
        self
    }

    /// How long a start may take before it has failed; default `None`, as long as it needs.
    #[must_use = "gives the changed spec"]
    pub fn start_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.set(|settings| settings.start_timeout = limit.into());
        self
    }

    /// How long to wait before each attempt to restart it; default: not at all, as in OTP.
    #[cfg(feature = "retry")]
    #[must_use = "gives the changed spec"]
    pub fn backoff(mut self, backoff: impl Into<Option<crate::backoff::Backoff>>) -> Self {
        self.set(|settings| settings.backoff = backoff.into());
        self
    }

    /// The module it was declared in, for people who look at a running tree.
    #[must_use = "gives the changed spec"]
    pub fn modules(mut self, modules: &'static str) -> Self {
        self.set(|settings| settings.modules = modules);
        self
    }

    pub(crate) fn rename(&mut self, id: Arc<str>) {
        self.id = id;
    }

    /// Lets whoever looks at the place of this supervisor find `attachment` there.
    pub(crate) fn attach(mut self, attachment: Attachment) -> Self {
        let start = self.start;
        self.start = Arc::new(move |child: Child| {
            let process = child.process().clone();
            let future = start(child);
            if let Some(inbox) = process.inbox() {
                inbox.attach(attachment.clone());
            }
            future
        });
        self
    }

    /// Makes the future of one incarnation. A panic here is a failed start.
    pub(crate) fn make(&self, mut child: Child) -> ChildFuture {
        child.shutdown = self.settings.shutdown;
        match contain(|| (self.start)(child)) {
            Ok(future) => future,
            Err(panic) => Box::pin(std::future::ready(panic)),
        }
    }
}

impl fmt::Debug for ChildSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec")
            .field("id", &self.id)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// What a supervised task may return: nothing, a result whose error fails it, or its exit reason.
#[diagnostic::on_unimplemented(
    message = "a supervised task returns nothing or a `Result<(), E>`, not `{Self}`",
    label = "this task returns `{Self}`"
)]
pub trait TaskOutput {
    /// The exit reason that stands for it.
    fn into_reason(self) -> ExitReason;
}

impl TaskOutput for () {
    fn into_reason(self) -> ExitReason {
        ExitReason::Normal
    }
}

impl TaskOutput for ExitReason {
    fn into_reason(self) -> ExitReason {
        self
    }
}

impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> TaskOutput for Result<(), E> {
    fn into_reason(self) -> ExitReason {
        self.map_or_else(ExitReason::error, |()| ExitReason::Normal)
    }
}

/// What a child's future knows of itself: its place in the tree and its lane to the supervisor.
#[derive(Debug)]
pub struct Child {
    process: Arc<Process>,
    carry: Carry,
    shutdown: Shutdown,
    /// The log of the tree that it is at the top of.
    tree: Option<Arc<RestartLog>>,
}

impl Child {
    pub(crate) fn new(process: Arc<Process>, carry: Carry) -> Self {
        Self {
            process,
            carry,
            shutdown: Shutdown::Infinity,
            tree: None,
        }
    }

    /// Makes it the top of the tree with this log.
    pub(crate) fn on_top_of(mut self, tree: Arc<RestartLog>) -> Self {
        self.tree = Some(tree);
        self
    }

    /// The log of its tree.
    pub(crate) fn tree(&self) -> Option<&Arc<RestartLog>> {
        let parent = self.process.parent();
        parent.map(Parent::tree).or(self.tree.as_ref())
    }

    /// This incarnation.
    pub fn pid(&self) -> Pid {
        Pid::new(self.process.clone())
    }

    /// The namespace of the tree.
    pub fn namespace(&self) -> &Namespace {
        self.process.namespace()
    }

    /// Tells the supervisor that the start succeeded: it goes on with the next child.
    pub fn started(&self) {
        self.process.enter_phase(Phase::Started);
    }

    /// Tells the supervisor that there is nothing to run: a success without a process.
    ///
    /// The future should return now.
    ///
    /// # OTP
    /// `ignore`.
    pub fn ignored(&self) {
        self.process.enter_phase(Phase::Ignored);
    }

    /// Waits until the supervisor, or [`Pid::stop`], tells it to stop; gives the reason.
    ///
    /// A worker that never awaits this ends only by itself or by its shutdown time.
    /// One future at a time may wait.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing: the next one finds the same signal.
    pub async fn stopped(&self) -> ExitReason {
        std::future::poll_fn(|cx| match self.process.poll_signal(cx) {
            Poll::Ready(Signal::Stop(reason)) => Poll::Ready(reason),
            // The abort is on its way: nothing more is run.
            Poll::Ready(Signal::Kill) | Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Runs a plain task until it ends or is told to stop, whichever comes first.
    pub(crate) async fn run_task<F: Future<Output: TaskOutput>>(&self, task: F) -> ExitReason {
        self.started();
        select! {
            biased;
            reason = self.stopped() => reason,
            output = task => output.into_reason(),
        }
    }

    /// How long it may take to end by itself.
    pub(crate) fn time_to_end(&self) -> Option<Duration> {
        match self.shutdown {
            Shutdown::BrutalKill => Some(Duration::from_secs(5)),
            Shutdown::Timeout(limit) => Some(limit),
            Shutdown::Infinity => None,
        }
    }

    pub(crate) fn process(&self) -> &Arc<Process> {
        &self.process
    }

    pub(crate) fn carry(&self) -> &Carry {
        &self.carry
    }
}
