//! Health: what a service says of itself, and what everybody can see of it.
//!
//! Automatic checks look at a service from outside, so they answer whatever it does. Its own
//! `#[health]` methods run in its loop, on the system lane: before the mailbox, between two
//! messages. Nothing here waits longer than the times of the checks.

mod memory;
mod probe;
mod summary;
mod thresholds;
mod together;

use std::fmt;
use std::mem;
use std::time::Duration;

use crate::activity::Busy;
use crate::namespace::Namespace;
use crate::pid::Pid;
use crate::rt::{Arc, Mutex, lock};
use crate::slot::MailboxStatus;

pub use self::memory::{is_process_memory_measured, measure_process_memory};
pub(crate) use self::probe::{Answer, PATIENCE, ask, report};
pub use self::summary::{HealthSummary, ServiceHealth, system_health};
pub use self::thresholds::Thresholds;

/// How well something is. The worst of several is the [`max`](Ord::max) of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// All is well.
    #[default]
    Healthy,
    /// It serves, but an optional check failed, or a check could not be made.
    Degraded,
    /// A critical check failed, or nobody answers.
    Unhealthy,
}

impl Health {
    /// Its word, as people and labels of metrics have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the last report of a place said. Healthy before the first one: being well is no news.
#[derive(Default)]
pub(crate) struct LastHealth(Mutex<Health>);

impl LastHealth {
    /// Notes what a report says; gives what the last one said, if that is something else.
    fn note(&self, now: Health) -> Option<Health> {
        let before = mem::replace(&mut *lock(&self.0), now);
        (before != now).then_some(before)
    }
}

/// What is known of a `#[health]` method at compile time.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use scope_runtime::HealthCheck;
///
/// const CACHE: HealthCheck = HealthCheck::new("cache_is_warm").optional().timeout(Duration::from_secs(1));
/// assert!(!CACHE.critical);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthCheck {
    /// Its name, as the user wrote it.
    pub name: &'static str,
    /// Whether its failure makes the service unhealthy, or only degraded.
    pub critical: bool,
    /// How long it may take, 5 s unless it says otherwise.
    pub timeout: Duration,
}

impl HealthCheck {
    /// A critical check.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            critical: true,
            timeout: PATIENCE,
        }
    }

    /// Says that its failure only degrades.
    #[must_use = "gives the changed check"]
    pub const fn optional(mut self) -> Self {
        self.critical = false;
        self
    }

    /// Sets how long it may take.
    #[must_use = "gives the changed check"]
    pub const fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckOutcome {
    /// All is well.
    Passed,
    /// It found something; the text says what, and may be empty.
    Failed(Arc<str>),
    /// It panicked. The service goes on.
    Panicked(Arc<str>),
    /// It took longer than this, and was dropped.
    TimedOut(Duration),
    /// It could not run within its time, because of this.
    Busy(Busy),
}

impl CheckOutcome {
    fn health(&self, critical: bool) -> Health {
        match self {
            Self::Passed => Health::Healthy,
            Self::Busy(_) => Health::Degraded,
            Self::Failed(_) | Self::Panicked(_) | Self::TimedOut(_) => {
                if critical {
                    Health::Unhealthy
                } else {
                    Health::Degraded
                }
            }
        }
    }
}

impl fmt::Display for CheckOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(text) if text.is_empty() => f.write_str("failed"),
            Self::Failed(text) => f.write_str(text),
            Self::Panicked(text) => write!(f, "panicked: {text}"),
            Self::TimedOut(limit) => write!(f, "took longer than {limit:?}"),
            Self::Busy(busy) => write!(f, "busy, {busy}"),
        }
    }
}

/// One check in a [`HealthReport`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckReport {
    /// The name of the `#[health]` method, or `queue`, `stuck`, `restarts`, `suspended`,
    /// `process_memory`.
    pub name: &'static str,
    /// Whether its failure makes the service unhealthy, or only degraded.
    pub critical: bool,
    /// What it says of the service.
    pub status: Health,
    /// What came of it.
    pub outcome: CheckOutcome,
    /// How long it took, from when it was asked for.
    pub took: Duration,
}

/// How a service is, see [`ServiceExt::health_check`](crate::ServiceExt::health_check).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HealthReport {
    /// The service's name, with its key if it has one.
    pub service: String,
    /// Where it runs.
    pub namespace: Namespace,
    /// The incarnation that was looked at.
    pub pid: Pid,
    /// The worst of the checks.
    pub status: Health,
    /// Every check: the automatic ones, then its own in the order of the source.
    pub checks: Vec<CheckReport>,
    /// The bytes that it says it uses; `None` without a `#[memory]` method, and while it is busy.
    pub memory: Option<u64>,
    /// Its mailbox.
    pub mailbox: MailboxStatus,
    /// How often it was restarted within the last minute.
    pub restarts: usize,
    /// The handler that ran when the report was begun.
    pub busy: Option<Busy>,
    /// How long the report took.
    pub took: Duration,
}

impl HealthReport {
    /// The check with this name.
    pub fn check(&self, name: &str) -> Option<&CheckReport> {
        self.checks.iter().find(|check| check.name == name)
    }
}

/// One line: `Ledger is degraded: queue: 820 of 1024 messages wait`.
impl fmt::Display for HealthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.service, self.status)?;
        let found = self
            .checks
            .iter()
            .filter(|check| check.status > Health::Healthy);
        for (index, check) in found.enumerate() {
            let separator = if index == 0 { ":" } else { ";" };
            write!(f, "{separator} {}: {}", check.name, check.outcome)?;
        }
        Ok(())
    }
}

/// Why there is no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HealthError {
    /// Nobody runs, or it ended meanwhile.
    #[error("the service is not running")]
    ServiceUnavailable,
    /// No handler runs, and still it did not answer within this time: it starts, or it ends.
    #[error("the service did not answer within {0:?}")]
    ServiceTimeout(Duration),
}

/// What a `#[health]` method may return: nothing, whether it is well, or a result.
///
/// | returned | failed if |
/// | --- | --- |
/// | nothing | it panics or takes too long |
/// | `bool` | `false` |
/// | `Result<(), E>` | `Err`; what `E` displays is in the report |
#[diagnostic::on_unimplemented(
    message = "`#[health]` can't return `{Self}`; return a `Result<(), E>` that says what is wrong, a `bool`, or nothing",
    label = "does not say whether the service is well"
)]
pub trait IntoOutcome {
    /// The runtime's form of it.
    fn into_outcome(self) -> CheckOutcome;
}

impl IntoOutcome for () {
    fn into_outcome(self) -> CheckOutcome {
        CheckOutcome::Passed
    }
}

impl IntoOutcome for bool {
    fn into_outcome(self) -> CheckOutcome {
        if self {
            CheckOutcome::Passed
        } else {
            CheckOutcome::Failed("".into())
        }
    }
}

impl<E: fmt::Display> IntoOutcome for Result<(), E> {
    fn into_outcome(self) -> CheckOutcome {
        match self {
            Ok(()) => CheckOutcome::Passed,
            Err(error) => CheckOutcome::Failed(error.to_string().into()),
        }
    }
}

/// What a `#[memory]` method may return: a number of bytes.
#[diagnostic::on_unimplemented(
    message = "`#[memory]` can't return `{Self}`; return the bytes in use, as `usize` or `u64`",
    label = "not a number of bytes"
)]
pub trait IntoBytes {
    /// The runtime's form of it.
    fn into_bytes(self) -> u64;
}

impl IntoBytes for u64 {
    fn into_bytes(self) -> u64 {
        self
    }
}

impl IntoBytes for usize {
    fn into_bytes(self) -> u64 {
        u64::try_from(self).unwrap_or(u64::MAX)
    }
}
