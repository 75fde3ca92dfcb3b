//! Faults: what an error means for the service it comes from, and for whoever gets it.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use crate::error::{CallError, CastError, CastErrorKind};

/// What an error means: whether its service can go on, whether to try again, and its HTTP status.
///
/// | | the service | may be tried again | status |
/// | --- | --- | --- | --- |
/// | [`RECOVERABLE`](Self::RECOVERABLE) | goes on | no | 422: the request can't be met as it is |
/// | [`RETRY`](Self::RETRY) | goes on | yes | 503: not now |
/// | [`FATAL`](Self::FATAL) | crashes, once the caller has the error | no | 500: it is not the caller's doing |
///
/// # Examples
/// ```
/// use scope_runtime::Fault;
///
/// const NOT_FOUND: Fault = Fault::RECOVERABLE.with_status(404);
/// assert!(!NOT_FOUND.is_fatal());
/// assert_eq!(NOT_FOUND.status(), 404);
/// assert!(Fault::RETRY.may_retry());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    severity: Severity,
    status: u16,
}

/// To try again what was fatal makes no sense, so it can't be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Severity {
    Recoverable,
    Retry,
    Fatal,
}

impl Fault {
    /// The service goes on; the same request would fail again. Status 422.
    pub const RECOVERABLE: Self = Self::new(Severity::Recoverable, 422);
    /// The service goes on, and the request may be tried again. Status 503.
    pub const RETRY: Self = Self::new(Severity::Retry, 503);
    /// The service can't go on: its caller gets the error, then it crashes. Status 500.
    pub const FATAL: Self = Self::new(Severity::Fatal, 500);

    const fn new(severity: Severity, status: u16) -> Self {
        Self { severity, status }
    }

    /// The same fault with another HTTP status.
    ///
    /// # Panics
    /// If `status` is not that of an error, from 400 to 599; in a const that is a compile error.
    #[must_use]
    pub const fn with_status(self, status: u16) -> Self {
        assert!(
            400 <= status && status <= 599,
            "the HTTP status of an error is from 400 to 599"
        );
        Self::new(self.severity, status)
    }

    /// True if the service that this comes from can't go on.
    pub const fn is_fatal(self) -> bool {
        matches!(self.severity, Severity::Fatal)
    }

    /// True if the same request may succeed later.
    pub const fn may_retry(self) -> bool {
        matches!(self.severity, Severity::Retry)
    }

    /// The HTTP status for whoever asked from outside: from 400 to 599.
    pub const fn status(self) -> u16 {
        self.status
    }

    /// What it is to another service, which did not break: never fatal. The status stays.
    #[must_use]
    pub const fn of_another(self) -> Self {
        match self.severity {
            Severity::Fatal => Self::new(Severity::Recoverable, self.status),
            Severity::Recoverable | Severity::Retry => self,
        }
    }
}

/// An error that says what it means, with `#[derive(ServiceError)]`.
///
/// When a handler returns an error whose fault [is fatal](Fault::is_fatal), its caller gets the
/// error, and then the service crashes: `terminate` runs, and the supervisor restarts it. Errors
/// that do not implement this trait are answers, and never end anything.
///
/// # Examples
/// ```
/// use scope_runtime::{CallError, Fault, ServiceError};
///
/// #[derive(Debug)]
/// struct Corrupt;
///
/// impl std::fmt::Display for Corrupt {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         f.write_str("the books do not balance")
///     }
/// }
///
/// impl std::error::Error for Corrupt {}
///
/// impl ServiceError for Corrupt {
///     fn fault(&self) -> Fault {
///         Fault::FATAL.with_status(507)
///     }
/// }
///
/// // It ended the service that it comes from, not the one that called: only the status goes up.
/// let fault = CallError::Service(Corrupt).fault();
/// assert_eq!((fault.is_fatal(), fault.status()), (false, 507));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it means for a service",
    label = "no `ServiceError`",
    note = "put `#[derive(ServiceError)]` on `{Self}`; for an error from elsewhere, put `#[fault(recoverable)]` or `#[fault(fatal)]` on what holds it"
)]
pub trait ServiceError: Error {
    /// What this error means.
    fn fault(&self) -> Fault;
}

/// A call that failed is never fatal to the caller's own service.
///
/// | | may be tried again | status |
/// | --- | --- | --- |
/// | `NoProc`, `Overloaded` | yes: it was not handled | 503 |
/// | `Timeout` | no: it may have been handled | 504 |
/// | `Exited` | no: it may be what the service crashed by | 503 |
/// | `Deadlock`, `NoReply` | no: a mistake in the program | 500 |
/// | `Service` | as the service's error says | as the service's error says |
impl<E: ServiceError + 'static> ServiceError for CallError<E> {
    fn fault(&self) -> Fault {
        match self {
            Self::NoProc | Self::Overloaded => Fault::RETRY,
            Self::Timeout => Fault::RECOVERABLE.with_status(504),
            Self::Exited(_) => Fault::RECOVERABLE.with_status(503),
            Self::Deadlock(_) | Self::NoReply => Fault::RECOVERABLE.with_status(500),
            Self::Service(error) => error.fault().of_another(),
        }
    }
}

/// As for a call that failed; but a cast that timed out was not delivered, and may be tried again.
impl<M> ServiceError for CastError<M> {
    fn fault(&self) -> Fault {
        match self.kind {
            CastErrorKind::NoProc | CastErrorKind::Timeout | CastErrorKind::Overloaded => {
                Fault::RETRY
            }
            CastErrorKind::Exited(_) => Fault::RECOVERABLE.with_status(503),
            CastErrorKind::Deadlock(_) => Fault::RECOVERABLE.with_status(500),
        }
    }
}

impl<E: ServiceError> ServiceError for Box<E> {
    fn fault(&self) -> Fault {
        (**self).fault()
    }
}

/// Also for errors that are shared, and for `Arc<dyn ServiceError>`. A `Box<dyn ServiceError>` is no error for the
/// standard library, and so none here.
impl<E: ServiceError + ?Sized> ServiceError for Arc<E> {
    fn fault(&self) -> Fault {
        (**self).fault()
    }
}

impl ServiceError for Infallible {
    fn fault(&self) -> Fault {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitReason;

    #[test]
    fn what_was_not_handled_may_be_tried_again() {
        let faults = [
            (CallError::NoProc, true, 503),
            (CallError::Overloaded, true, 503),
            (CallError::Timeout, false, 504),
            (CallError::Exited(ExitReason::Killed), false, 503),
            (CallError::NoReply, false, 500),
        ];
        for (error, retry, status) in faults {
            let fault = CallError::<Infallible>::fault(&error);
            let expected = (false, retry, status);
            assert_eq!(
                (fault.is_fatal(), fault.may_retry(), fault.status()),
                expected,
                "{error:?}"
            );
        }
    }

    #[test]
    fn a_cast_that_was_not_delivered_may_be_tried_again() {
        let faults = [
            (CastErrorKind::NoProc, true, 503),
            (CastErrorKind::Timeout, true, 503),
            (CastErrorKind::Overloaded, true, 503),
            (CastErrorKind::Exited(ExitReason::Killed), false, 503),
        ];
        for (kind, retry, status) in faults {
            let error = CastError { kind, message: () };
            let fault = error.fault();
            assert_eq!(
                (fault.is_fatal(), fault.may_retry(), fault.status()),
                (false, retry, status),
                "{error:?}"
            );
        }
    }

    #[test]
    fn another_services_fault_keeps_all_but_the_crash() {
        let fatal = Fault::FATAL.with_status(507).of_another();
        assert_eq!(fatal, Fault::RECOVERABLE.with_status(507));
        assert_eq!(Fault::RETRY.of_another(), Fault::RETRY);
    }

    #[test]
    #[should_panic(expected = "the HTTP status of an error is from 400 to 599")]
    fn a_status_of_success_is_no_fault() {
        let status = "200".parse().unwrap();
        assert!(Fault::FATAL.with_status(status).is_fatal());
    }
}
