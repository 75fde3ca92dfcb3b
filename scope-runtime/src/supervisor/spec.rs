//! Supervisor specs: what a supervisor is made from.

use std::collections::HashSet;
use std::future::{Future, IntoFuture, Ready, ready};
use std::pin::Pin;

use crate::child_spec::{Child, ChildSpec, ChildType, Restart, Shutdown};
use crate::exit::{ExitReason, contain};
use crate::process::ChildFuture;
use crate::rt::Arc;

use super::error::SpecError;
use super::inbox::Inbox;
use super::intensity::Intensity;
use super::shell;
use super::strategy::{AutoShutdown, Strategy};

/// What a supervisor is made from: a strategy, limits, and its children in start order.
///
/// A plain value: nothing runs until it is started, and it can be started many times.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use scope_runtime::{ChildSpec, Intensity, Namespace, Strategy, SupervisorSpec};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), scope_runtime::StartError> {
/// let spec = SupervisorSpec::new(Strategy::OneForOne)
///     .intensity(Intensity::new(3, Duration::from_secs(5)))
///     .child(ChildSpec::task("pump", || std::future::pending::<()>()));
/// let root = spec.start("Shop", Namespace::test("spec-example")).await?;
/// assert_eq!(root.handle().count_children().await.map(|counts| counts.active).ok(), Some(1));
/// root.stop(scope_runtime::ExitReason::Shutdown).await;
/// # Ok(())
/// # }
/// ```
///
/// # OTP
/// What `Module:init/1` of a supervisor returns, with OTP's defaults: one restart in five
/// seconds, no automatic shutdown.
#[derive(Clone, Debug)]
#[must_use = "a spec does nothing until it is started"]
pub struct SupervisorSpec {
    pub(super) kind: Kind,
    pub(super) intensity: Intensity,
    pub(super) auto_shutdown: AutoShutdown,
    pub(super) children: Vec<ChildSpec>,
}

/// Whether the children are declared or come by request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Static(Strategy),
    Dynamic { max_children: Option<usize> },
}

impl SupervisorSpec {
    /// A supervisor of declared children.
    pub fn new(strategy: Strategy) -> Self {
        Self::of(Kind::Static(strategy))
    }

    /// A supervisor of instances that are started by request, unordered, each on its own.
    ///
    /// Each instance gets a generated id, or the key it was asked for with. A failed or ignored
    /// start leaves nothing behind, and neither does an instance that is not restarted. All
    /// instances are stopped at once.
    ///
    /// # OTP
    /// `simple_one_for_one`; Elixir's `DynamicSupervisor`.
    pub fn dynamic() -> Self {
        Self::of(Kind::Dynamic { max_children: None })
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind,
            intensity: Intensity::default(),
            auto_shutdown: AutoShutdown::Never,
            children: Vec::new(),
        }
    }

    /// How many restarts are too many; default one in five seconds.
    pub fn intensity(mut self, intensity: Intensity) -> Self {
        self.intensity = intensity;
        self
    }

    /// Whether it ends with its significant children; default `Never`.
    pub fn auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.auto_shutdown = auto_shutdown;
        self
    }

    /// How many instances a dynamic supervisor may have, those being restarted included; default
    /// as many as fit. Means nothing for declared children.
    pub fn max_children(mut self, most: impl Into<Option<usize>>) -> Self {
        if let Kind::Dynamic { max_children } = &mut self.kind {
            *max_children = most.into();
        }
        self
    }

    /// Adds a child, started after those before it and stopped before them.
    pub fn child(mut self, child: ChildSpec) -> Self {
        self.children.push(child);
        self
    }

    /// Adds children in start order.
    pub fn children(mut self, children: impl IntoIterator<Item = ChildSpec>) -> Self {
        self.children.extend(children);
        self
    }

    /// Finds what is wrong with this spec; nested supervisors are checked when they start.
    ///
    /// # Errors
    /// The first of the mistakes that [`SpecError`] lists.
    ///
    /// # OTP
    /// `supervisor:check_childspecs`, and the check of the flags.
    pub fn check(&self) -> Result<(), SpecError> {
        if self.intensity.period().is_zero() {
            return Err(SpecError::ZeroPeriod);
        }
        if let Kind::Dynamic { .. } = self.kind {
            if self.auto_shutdown != AutoShutdown::Never {
                return Err(SpecError::DynamicAutoShutdown);
            }
            if !self.children.is_empty() {
                return Err(SpecError::ChildrenOfDynamic);
            }
        }
        let mut ids = HashSet::new();
        for child in &self.children {
            check_child(child, self.auto_shutdown)?;
            if !ids.insert(child.id()) {
                return Err(SpecError::DuplicateChild(child.shared_id().clone()));
            }
        }
        Ok(())
    }
}

pub(super) fn check_child(child: &ChildSpec, auto_shutdown: AutoShutdown) -> Result<(), SpecError> {
    let settings = &child.settings;
    if !settings.significant {
        return Ok(());
    }
    if settings.restart == Restart::Permanent {
        return Err(SpecError::SignificantPermanent(child.shared_id().clone()));
    }
    if auto_shutdown == AutoShutdown::Never {
        return Err(SpecError::SignificantWithoutAutoShutdown(
            child.shared_id().clone(),
        ));
    }
    Ok(())
}

/// What the init of a supervisor decides, anew for every incarnation.
///
/// # OTP
/// What `Module:init/1` of a supervisor returns.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SupervisorInit {
    /// To run, with these children.
    Supervise(SupervisorSpec),
    /// Not to run: a success without a process.
    Ignore,
    /// It failed, and so did the start.
    Fail(ExitReason),
}

impl From<SupervisorSpec> for SupervisorInit {
    fn from(spec: SupervisorSpec) -> Self {
        Self::Supervise(spec)
    }
}

impl IntoFuture for SupervisorInit {
    type Output = Self;
    type IntoFuture = Ready<Self>;

    fn into_future(self) -> Ready<Self> {
        ready(self)
    }
}

pub(super) type InitFuture = Pin<Box<dyn Future<Output = SupervisorInit> + Send>>;

impl ChildSpec {
    /// Makes the spec of a nested supervisor: a child with children of its own.
    ///
    /// Every incarnation has a fresh subtree. It counts as a supervisor and may take as long
    /// as it needs to stop, both of which can be changed.
    ///
    /// # Examples
    /// ```
    /// use scope_runtime::{ChildSpec, Strategy, SupervisorSpec};
    ///
    /// let web = SupervisorSpec::new(Strategy::OneForAll)
    ///     .child(ChildSpec::task("http", || std::future::pending::<()>()));
    /// let spec = ChildSpec::supervisor("web", web);
    /// assert_eq!(spec.id(), "web");
    /// ```
    ///
    /// # OTP
    /// A child spec of type `supervisor`.
    pub fn supervisor(id: impl Into<Arc<str>>, spec: SupervisorSpec) -> Self {
        Self::supervisor_with(id, move || SupervisorInit::Supervise(spec.clone()))
    }

    /// Makes the spec of a nested supervisor whose children are decided at every start.
    ///
    /// `init` gives a [`SupervisorInit`], or a future of one. It runs in the new supervisor's
    /// own process; the supervisor above waits for it.
    ///
    /// # OTP
    /// `Module:init/1`.
    pub fn supervisor_with<I>(
        id: impl Into<Arc<str>>,
        init: impl Fn() -> I + Send + Sync + 'static,
    ) -> Self
    where
        I: IntoFuture<Output = SupervisorInit, IntoFuture: Send + 'static>,
    {
        let start = move |child| {
            let init: Result<InitFuture, _> = contain(|| Box::pin(init().into_future()) as _);
            supervisor_future(child, init)
        };
        Self::boxed(id.into(), Arc::new(start))
            .child_type(ChildType::Supervisor)
            .shutdown(Shutdown::Infinity)
    }

    /// When it is started again.
    pub fn restart_policy(&self) -> Restart {
        self.settings.restart
    }

    /// How it is stopped.
    pub fn shutdown_policy(&self) -> Shutdown {
        self.settings.shutdown
    }

    /// What it counts as.
    pub fn counts_as(&self) -> ChildType {
        self.settings.child_type
    }

    /// Whether its end may end its supervisor.
    pub fn is_significant(&self) -> bool {
        self.settings.significant
    }
}

/// The future of a supervisor. Its requests queue from now on, not from its first poll on.
fn supervisor_future(child: Child, init: Result<InitFuture, ExitReason>) -> ChildFuture {
    let inbox = Inbox::open(&child);
    Box::pin(async move {
        match (inbox, init) {
            (Ok(inbox), Ok(init)) => shell::supervise(child, inbox, init).await,
            (Err(reason), _) | (_, Err(reason)) => reason,
        }
    })
}
