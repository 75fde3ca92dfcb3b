//! What a handler returned: its way to whoever waits for it, and whether the service goes on.
//!
//! # How an error is found to be a `ServiceError`
//! No error has to implement [`ServiceError`], and only one that does can be fatal. A bound can't ask
//! for a trait that may be missing, but the lookup of a method does: [`Handled`] has its methods for
//! errors that implement the trait, and where they do not apply, the lookup goes on to what it
//! dereferences to, [`Unclassified`], which has methods of the same names for everything.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::context::Context;
use crate::exit::ExitReason;
use crate::fault::ServiceError;
use crate::reply::{AnyError, Outcome, ReplyTo};
use crate::service::{Done, Service};

/// What a handler returned, for generated code to pass on.
///
/// If it is an error that implements [`ServiceError`] and is fatal, the service crashes with it
/// after the caller has got it. The error goes to the caller; the exit reason keeps its text, and
/// those of its causes.
///
/// In a generic service an error that is itself a type parameter is looked at only if its bounds
/// say `ServiceError`.
///
/// # Examples
/// ```
/// use scope_runtime::{Context, Handled, ReplyTo, Service, ServiceError};
///
/// fn pass_on<S: Service, E: ServiceError + Send + 'static>(
///     result: Result<u64, E>,
///     reply: ReplyTo<u64, E>,
///     cx: &Context<S>,
/// ) {
///     Handled::call(result).answer(reply, cx);
/// }
/// ```
#[must_use = "whoever waits for it is told by `answer` or `done`"]
pub struct Handled<R>(Unclassified<R>);

/// What a handler returned, whose error, if it has one, never ends the service.
pub struct Unclassified<R>(Option<R>);

impl<R> Handled<R> {
    /// Takes the result of a call's handler.
    pub fn call(result: R) -> Self {
        Self(Unclassified(Some(result)))
    }

    /// Takes what a handler without a caller returned, and logs it if it is an error.
    pub fn message<S: Service>(outcome: R, cx: &Context<S>) -> Self
    where
        R: Done,
    {
        cx.done(&outcome);
        Self(Unclassified(Some(outcome)))
    }
}

impl<T, E: ServiceError> Handled<Result<T, E>> {
    /// Answers the call; a fatal error then ends the service.
    pub fn answer<S: Service>(&mut self, reply: ReplyTo<T, E>, cx: &Context<S>)
    where
        E: Send + 'static,
    {
        // The service ends after its handler, so the answer is there before.
        self.done(cx);
        self.0.answer(reply, cx);
    }

    /// Ends the service if this is a fatal error.
    pub fn done<S: Service>(&self, cx: &Context<S>) {
        if let Some(Err(error)) = &self.0.0
            && error.fault().is_fatal()
        {
            cx.crash(ExitReason::told_by(error));
        }
    }
}

impl<R> Unclassified<R> {
    /// Answers the call.
    pub fn answer<S: Service>(&mut self, reply: ReplyTo<R::Ok, R::Error>, cx: &Context<S>)
    where
        R: Outcome<Error: Send + 'static>,
    {
        if let Some(result) = self.0.take() {
            reply.place.settle(AnyError::of(result), &cx.core);
        }
    }

    /// Nothing ends.
    pub fn done<S: Service>(&self, _cx: &Context<S>) {}
}

impl<R> Deref for Handled<R> {
    type Target = Unclassified<R>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<R> DerefMut for Handled<R> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<R> fmt::Debug for Handled<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handled")
    }
}

impl<R> fmt::Debug for Unclassified<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unclassified")
    }
}
