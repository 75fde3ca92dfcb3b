//! What a call or a cast may fail with.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;

use crate::exit::ExitReason;
use crate::reply::{AnyError, Failure};
use crate::ring::Cycle;

/// Why a call gave no answer. `E` is the handler's own error.
///
/// # OTP
/// What `gen_server:call` exits with: `noproc`, `timeout`, the server's exit reason.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallError<E = Infallible> {
    /// No instance runs under this name.
    NoProc,
    /// The answer did not come in time. The handler is not run if it had not begun.
    Timeout,
    /// The mailbox is full and its policy is not to wait, or the message made room for another.
    Overloaded,
    /// The instance ended before it answered.
    Exited(ExitReason),
    /// The call would have closed a ring of calls that wait for each other.
    Deadlock(Cycle),
    /// The handler dropped its [`ReplyTo`](crate::ReplyTo) without an answer.
    NoReply,
    /// The handler's own error.
    Service(E),
}

impl<E> CallError<E> {
    pub(crate) fn of_failure(failure: Failure) -> Self {
        match failure {
            Failure::NoProc => Self::NoProc,
            Failure::Timeout => Self::Timeout,
            Failure::Overloaded => Self::Overloaded,
            Failure::Exited(reason) => Self::Exited(reason),
            Failure::Deadlock(cycle) => Self::Deadlock(cycle),
            Failure::NoReply => Self::NoReply,
        }
    }

    /// The same with the handler's own type of errors.
    pub(crate) fn of_any(error: CallError<AnyError>) -> Self
    where
        E: 'static,
    {
        match error {
            CallError::NoProc => Self::NoProc,
            CallError::Timeout => Self::Timeout,
            CallError::Overloaded => Self::Overloaded,
            CallError::Exited(reason) => Self::Exited(reason),
            CallError::Deadlock(cycle) => Self::Deadlock(cycle),
            CallError::NoReply => Self::NoReply,
            CallError::Service(mut error) => match error.take() {
                Some(error) => Self::Service(error),
                // Not reached: its message was made for errors of this type.
                None => Self::NoReply,
            },
        }
    }

    /// The handler's own error, if that is what it is.
    pub fn service(&self) -> Option<&E> {
        match self {
            Self::Service(error) => Some(error),
            _ => None,
        }
    }

    /// Why the instance ended, if that is why there is no answer.
    pub fn exit_reason(&self) -> Option<&ExitReason> {
        match self {
            Self::Exited(reason) => Some(reason),
            _ => None,
        }
    }

    /// Changes the type of the handler's error.
    pub fn map_service<F>(self, change: impl FnOnce(E) -> F) -> CallError<F> {
        match self {
            Self::NoProc => CallError::NoProc,
            Self::Timeout => CallError::Timeout,
            Self::Overloaded => CallError::Overloaded,
            Self::Exited(reason) => CallError::Exited(reason),
            Self::Deadlock(cycle) => CallError::Deadlock(cycle),
            Self::NoReply => CallError::NoReply,
            Self::Service(error) => CallError::Service(change(error)),
        }
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProc => f.write_str("the service is not running"),
            Self::Timeout => f.write_str("the service did not answer in time"),
            Self::Overloaded => f.write_str("the service's mailbox is full"),
            Self::Exited(reason) => write!(f, "the service ended before it answered ({reason})"),
            Self::Deadlock(cycle) => write!(f, "the call would wait for itself: {cycle}"),
            Self::NoReply => f.write_str("the service dropped the call without an answer"),
            Self::Service(error) => error.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for CallError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Exited(ExitReason::Error(error)) => Some(&**error),
            Self::Service(error) => error.source(),
            _ => None,
        }
    }
}

/// Why a cast was not delivered; the message comes back.
pub struct CastError<M> {
    /// Why.
    pub kind: CastErrorKind,
    /// The message, to be sent again with [`Handle::cast`](crate::Handle::cast) if it still matters.
    pub message: M,
}

/// Why a cast was not delivered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CastErrorKind {
    /// No instance runs under this name.
    NoProc,
    /// There was no room within the time that [`Cast::timeout`](crate::Cast::timeout) set.
    Timeout,
    /// The mailbox is full, and the cast or its policy does not wait.
    Overloaded,
    /// The instance ended while the cast waited for room.
    Exited(ExitReason),
    /// To wait for room would have closed a ring of services that wait for each other.
    Deadlock(Cycle),
}

impl CastErrorKind {
    pub(crate) fn of_failure(failure: Failure) -> Self {
        match failure {
            // Nobody replies to a cast.
            Failure::NoProc | Failure::NoReply => Self::NoProc,
            Failure::Timeout => Self::Timeout,
            Failure::Overloaded => Self::Overloaded,
            Failure::Exited(reason) => Self::Exited(reason),
            Failure::Deadlock(cycle) => Self::Deadlock(cycle),
        }
    }
}

impl fmt::Display for CastErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProc => f.write_str("the service is not running"),
            Self::Timeout => f.write_str("the service's mailbox had no room in time"),
            Self::Overloaded => f.write_str("the service's mailbox is full"),
            Self::Exited(reason) => write!(f, "the service ended ({reason})"),
            Self::Deadlock(cycle) => write!(f, "the cast would wait for itself: {cycle}"),
        }
    }
}

impl<M> fmt::Display for CastError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the message was not delivered: {}", self.kind)
    }
}

impl<M> fmt::Debug for CastError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CastError")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl<M> Error for CastError<M> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            CastErrorKind::Exited(ExitReason::Error(error)) => Some(&**error),
            _ => None,
        }
    }
}
