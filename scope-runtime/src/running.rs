//! A running tree, and the ways in which a program that runs one ends.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::process::{ExitCode, Termination};
use std::task::{Context, Poll};

use crate::builder::SupervisorTree;
use crate::exit::ExitReason;
use crate::namespace::Namespace;
use crate::pid::Pid;
use crate::rt::{Arc, OnceLock};
use crate::supervisor::{Root, StartError};
use crate::surroundings::{Home, Provided, Surrounded, Unprovided};
use crate::telemetry::OneLine;

/// The start of a tree: awaited, it gives the running tree when all children have started.
///
/// Lazy: nothing runs before it is polled.
///
/// # Errors
/// [`StartError`], with the path of the child that failed and the cause. What had started by then
/// has been stopped again, in reverse order.
///
/// # Cancel safety
/// Dropping it stops what had started, in order.
#[must_use = "a tree starts when this is awaited"]
pub struct Starting<T, P = Provided> {
    start: Start<T>,
    /// Where that runs which the tree requires; looked at when the start is polled first.
    parent: Arc<OnceLock<Namespace>>,
    provided: PhantomData<P>,
}

type Start<T> = Pin<Box<dyn Future<Output = Result<Running<T>, StartError>> + Send>>;

// Nothing is polled in place: the future is in a box.
impl<T, P> Unpin for Starting<T, P> {}

impl<T: SupervisorTree> Starting<T> {
    /// The start of `T` in a namespace, which also holds what `T` requires of its surroundings.
    pub fn new(namespace: Namespace, args: T::Args) -> Self {
        Self::planned(namespace, args)
    }
}

impl<T: SupervisorTree, P> Starting<T, P> {
    fn planned(namespace: Namespace, args: T::Args) -> Self {
        let parent = Arc::new(OnceLock::new());
        let start = start(namespace, parent.clone(), args);
        Self {
            start: Box::pin(start),
            parent,
            provided: PhantomData,
        }
    }
}

impl<T: SupervisorTree> Starting<T, Unprovided> {
    /// The start of a `T` that requires services of its surroundings: it can't be awaited before
    /// [`with_parent`](Self::with_parent).
    pub fn without_parent(namespace: Namespace, args: T::Args) -> Self {
        Self::planned(namespace, args)
    }

    /// Says where that runs which the tree requires of its surroundings. Through their contexts, its services reach it
    /// there, and all else in their own namespace. Awaited, it fails with [`StartError::Missing`] if one of them does
    /// not run there.
    ///
    /// # Examples
    /// ```
    /// # use scope_runtime::{Namespace, Starting, SupervisorTree};
    /// # fn example<Web: SupervisorTree<Args = ()>>() -> impl Future {
    /// // `Web::start_in(Namespace::tenant("acme"))`, for a tree with `requires(Ledger)`:
    /// let web = Starting::<Web, _>::without_parent(Namespace::tenant("acme"), ());
    /// web.with_parent(&Namespace::production())
    /// # }
    /// ```
    pub fn with_parent(self, parent: &Namespace) -> Starting<T> {
        self.parent.get_or_init(|| parent.clone());
        Starting {
            start: self.start,
            parent: self.parent,
            provided: PhantomData,
        }
    }
}

async fn start<T: SupervisorTree>(
    namespace: Namespace,
    parent: Arc<OnceLock<Namespace>>,
    args: T::Args,
) -> Result<Running<T>, StartError> {
    let tree = T::TREE;
    let parent = parent.get().unwrap_or(&namespace).clone();
    let missing = tree.requires.iter().find(|it| !(it.runs_in)(&parent));
    if let Some(missing) = missing {
        return Err(StartError::Missing {
            path: format!("{namespace}/{}", tree.name).into(),
            service: missing.id.name,
            surroundings: parent,
        });
    }
    let home = Home::within(namespace, parent, tree.requires);
    let root = T::spec(args).start_at(tree.name, home).await?;
    Ok(Running {
        tree: T::view(root.handle().clone()),
        root,
    })
}

#[cfg(not(feature = "signal"))]
impl<T> Starting<T> {
    /// Starts the tree and runs it until it ends. With the feature `signal` it also ends, in
    /// order, when the operating system says so.
    ///
    /// # Errors
    /// [`Error::Start`] if it did not start, but for a service that is missing in the surroundings: that is the exit
    /// [`Exit::MissingRequirement`].
    pub async fn run(self) -> Result<Exit, Error> {
        let running = match self.await {
            Ok(running) => running,
            Err(error) => return Exit::of_start(error),
        };
        let reason = running.exited().await;
        Ok(running.own_end(&reason))
    }
}

impl<T, P: Surrounded> Future for Starting<T, P> {
    type Output = Result<Running<T>, StartError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.start.as_mut().poll(cx)
    }
}

impl<T, P> fmt::Debug for Starting<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Starting").finish_non_exhaustive()
    }
}

/// A running tree, with the accessors of `T`.
///
/// Dropping it stops the tree in order, in the background; [`Self::shutdown`] waits for that.
#[derive(Debug)]
#[must_use = "dropping it stops the tree"]
pub struct Running<T> {
    tree: T,
    root: Root,
}

/// Tells of the end of a tree that nobody stopped; why its supervisor gave up was told before.
pub(crate) fn report_own_end(root: &Pid, reason: &ExitReason) {
    let root = root.path();
    tracing::error!(target: "scope", { scope.supervisor = %root }, "{root} ended by itself: {}", OneLine(reason));
}

impl<T> Running<T> {
    /// Stops all children in reverse start order, each within its shutdown time, and waits until
    /// they are gone; gives the root supervisor's exit reason.
    ///
    /// # Cancel safety
    /// Dropping the future lets the stop go on in the background.
    ///
    /// # OTP
    /// `supervisor:stop`, or the end of an application.
    pub async fn shutdown(self) -> ExitReason {
        self.root.stop(ExitReason::Shutdown).await
    }

    /// Waits until the tree ends by itself: it gave up, or its significant children ended.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn exited(&self) -> ExitReason {
        self.root.exited().await
    }

    /// How a tree ended that nobody stopped.
    pub(crate) fn own_end(&self, reason: &ExitReason) -> Exit {
        if self.pid().process().has_finished() {
            tracing::info!(target: "scope", "the tree is done");
            Exit::Finished
        } else {
            report_own_end(self.pid(), reason);
            Exit::GaveUp
        }
    }

    /// The root supervisor's process.
    pub fn pid(&self) -> &Pid {
        self.root.pid()
    }
}

impl<T> Deref for Running<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.tree
    }
}

/// How a program that ran a tree ended: returned from `main`, it becomes the exit code.
///
/// | exit | code |
/// | --- | --- |
/// | `Drained`, `Finished` | 0 |
/// | `MissingRequirement` | 69 |
/// | `GaveUp` | 70 |
/// | `DeadlinePassed` | 75 |
/// | `Forced(signal)` | 128 and the signal's number: 130 for ctrl-c, 143 for SIGTERM |
///
/// A failed start is an [`Error`], with which `main` ends as 1; but for what the surroundings do not provide, which
/// `run` makes an exit of, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// Everything was stopped in order.
    Drained,
    /// The tree was done: its significant children ended, and `auto_shutdown` says that this ends it.
    Finished,
    /// What the tree requires of its surroundings does not run there.
    MissingRequirement,
    /// The root supervisor gave up, or failed.
    GaveUp,
    /// The shutdown took longer than it may.
    DeadlinePassed,
    /// A second signal, with this number, ended the shutdown.
    Forced(u8),
}

impl Exit {
    /// How a program ends whose tree did not start.
    pub(crate) fn of_start(error: StartError) -> Result<Self, Error> {
        if matches!(error, StartError::Missing { .. }) {
            tracing::error!(target: "scope", %error, "the tree did not start");
            return Ok(Self::MissingRequirement);
        }
        Err(error.into())
    }

    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Drained | Self::Finished => 0,
            Self::MissingRequirement => 69,
            Self::GaveUp => 70,
            Self::DeadlinePassed => 75,
            Self::Forced(signal) => 128_u8.saturating_add(signal),
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drained => f.write_str("stopped in order"),
            Self::Finished => f.write_str("the tree is done"),
            Self::MissingRequirement => f.write_str("a required service is missing"),
            Self::GaveUp => f.write_str("the tree ended by itself"),
            Self::DeadlinePassed => f.write_str("the shutdown took too long"),
            Self::Forced(signal) => write!(f, "stopped at once by a second signal ({signal})"),
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

/// What can go wrong in a program that runs a tree.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The tree did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The signals of the operating system cannot be received.
    #[error("cannot listen for signals: {0}")]
    Signals(#[source] std::io::Error),
    /// An environment variable has a value that makes no sense.
    #[error("{name} is `{value}`: {expected}")]
    Environment {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
}

// What `main` prints when it returns an error is its `Debug` form: it should be a sentence.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
