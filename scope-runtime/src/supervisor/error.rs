//! What goes wrong with supervisors.

use crate::exit::ExitReason;
use crate::namespace::Namespace;
use crate::pid::Pid;
use crate::rt::Arc;

/// Why a spec is refused before anything starts.
///
/// # OTP
/// `{start_spec, _}` and `{supervisor_data, _}`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// Two children have the same id.
    #[error("two children have the id `{0}`")]
    DuplicateChild(Arc<str>),
    /// The period of the intensity is zero.
    #[error("the period of the intensity is zero")]
    ZeroPeriod,
    /// A significant child is permanent: it would never end the supervisor.
    #[error("`{0}` is significant and permanent; make it transient or temporary")]
    SignificantPermanent(Arc<str>),
    /// A child is significant, but its supervisor never shuts down by itself.
    #[error("`{0}` is significant, but `auto_shutdown` of its supervisor is `never`")]
    SignificantWithoutAutoShutdown(Arc<str>),
    /// A dynamic supervisor was given children before its start.
    #[error("a dynamic supervisor starts without children; add them with `start_child`")]
    ChildrenOfDynamic,
    /// A dynamic supervisor was to shut down by itself.
    #[error("a dynamic supervisor has no significant children")]
    DynamicAutoShutdown,
}

/// Why a supervisor did not start. Nothing of it is left over.
///
/// Reads as the path of the child and the cause: `production/Shop/ledger: panic: no disk`.
///
/// # OTP
/// The error of `supervisor:start_link`.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A child failed to start; those before it were stopped again.
    #[error("{path}: {reason}")]
    Child {
        /// The child, as deep in the tree as the failure was.
        path: Arc<str>,
        /// Why it failed.
        reason: ExitReason,
    },
    /// A spec is wrong; nothing was started.
    #[error("{path}: {error}")]
    Spec {
        /// The supervisor.
        path: Arc<str>,
        /// What is wrong.
        #[source]
        error: SpecError,
    },
    /// The supervisor's own init failed, or it was killed meanwhile.
    #[error("{path}: {reason}")]
    Init {
        /// The supervisor.
        path: Arc<str>,
        /// Why it failed.
        reason: ExitReason,
    },
    /// The supervisor's init decided not to run.
    #[error("{path}: ignored")]
    Ignored {
        /// The supervisor.
        path: Arc<str>,
    },
    /// What the tree requires of its surroundings does not run there; nothing was started.
    #[error("{path}: it requires `{service}`, which does not run in {surroundings}")]
    Missing {
        /// The supervisor.
        path: Arc<str>,
        /// The service.
        service: &'static str,
        /// Where it was looked for.
        surroundings: Namespace,
    },
}

impl StartError {
    /// The place in the tree: a child's for `Child`, else the supervisor's.
    pub fn path(&self) -> &str {
        match self {
            Self::Child { path, .. }
            | Self::Spec { path, .. }
            | Self::Init { path, .. }
            | Self::Ignored { path }
            | Self::Missing { path, .. } => path,
        }
    }

    /// The error of a supervisor whose child at `path` failed; a nested failure speaks for itself.
    pub(super) fn of_child(path: Arc<str>, reason: ExitReason) -> Self {
        Self::nested(&reason).unwrap_or(Self::Child { path, reason })
    }

    pub(super) fn of_init(path: Arc<str>, reason: ExitReason) -> Self {
        Self::nested(&reason).unwrap_or(Self::Init { path, reason })
    }

    /// True for the reason of a supervisor whose child failed, which was told of there.
    pub(super) fn is_in(reason: &ExitReason) -> bool {
        matches!(Self::nested(reason), Some(Self::Child { .. }))
    }

    fn nested(reason: &ExitReason) -> Option<Self> {
        match reason {
            ExitReason::Error(error) => error.downcast_ref().cloned(),
            _ => None,
        }
    }
}

/// Why a request to a supervisor was refused.
///
/// # OTP
/// The errors of `supervisor:start_child` and its siblings.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SupervisorError {
    /// There is no such child.
    #[error("no such child")]
    NotFound,
    /// The child runs.
    #[error("the child is running")]
    Running,
    /// The child is being restarted.
    #[error("the child is being restarted")]
    Restarting,
    /// The child is temporary: whoever stops it has to add it again.
    #[error("the child is temporary, and never started again; add a new one")]
    Temporary,
    /// A child with this id runs.
    #[error("{0} already runs under this id")]
    AlreadyStarted(Pid),
    /// A child with this id is there, without a process.
    #[error("a child with this id is already present")]
    AlreadyPresent,
    /// The supervisor is not there, or ended before it answered.
    #[error("the supervisor is not there")]
    NoProc,
    /// The supervisor has as many children as it may have.
    #[error("the supervisor has as many children as it may have")]
    MaxChildren,
    /// Not possible for a dynamic supervisor (or only for one); OTP's `simple_one_for_one`.
    #[error("not possible with this kind of supervisor")]
    Dynamic,
    /// The child spec is wrong.
    #[error("{0}")]
    BadSpec(#[from] SpecError),
    /// The child failed to start.
    #[error("the child failed to start: {0}")]
    StartFailed(ExitReason),
}
