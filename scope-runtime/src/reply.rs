//! Replies: the slot in which a caller waits, and what may come instead of an answer.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;

use crate::context::Core;
use crate::exit::ExitReason;
use crate::remains::lost_with;
use crate::ring::{Cycle, with_current};
use crate::rt::oneshot;
use crate::waking::waking;

/// What travels back to a caller. The type of the handler's error is not part of it: most services have one of their own,
/// and what carries an answer would be compiled once more for each.
pub(crate) type Answer<T> = Result<T, Unanswered>;

/// What comes instead of a value.
pub(crate) enum Unanswered {
    /// The handler's own error.
    Service(AnyError),
    /// The message was not handled.
    Failed(Failure),
    /// It was lost with this incarnation, whose exit reason follows.
    Crashed(u64),
}

/// Why a message was not handled, or a call not answered.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    NoProc,
    Timeout,
    Overloaded,
    Exited(ExitReason),
    Deadlock(Cycle),
    NoReply,
}

impl Failure {
    /// What telemetry calls it: one of few.
    pub(crate) fn error_type(&self) -> &'static str {
        match self {
            Self::NoProc => "noproc",
            Self::Timeout => "timeout",
            Self::Overloaded => "overloaded",
            Self::Exited(_) => "exited",
            Self::Deadlock(_) => "deadlock",
            Self::NoReply => "_OTHER",
        }
    }
}

/// A handler's own error, of whatever type, on its way to a caller who knows that.
pub(crate) struct AnyError(Box<dyn Any + Send>);

impl AnyError {
    fn new<E: Send + 'static>(error: E) -> Self {
        Self(Box::new(Some(error)))
    }

    /// The result, whatever its errors are.
    pub(crate) fn of<R: Outcome<Error: Send + 'static>>(result: R) -> Result<R::Ok, Self> {
        match result.into_result() {
            Ok(value) => Ok(value),
            Err(error) => Err(Self::new(error)),
        }
    }

    /// The error, if it is one of these and was not taken before.
    pub(crate) fn take<E: 'static>(&mut self) -> Option<E> {
        match self.0.downcast_mut::<Option<E>>() {
            Some(error) => error.take(),
            None => None,
        }
    }
}

impl From<AnyError> for Unanswered {
    fn from(error: AnyError) -> Self {
        Self::Service(error)
    }
}

/// The place where a caller waits: what a message knows of it, whatever it waits for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no place for a reply; use a `ReplyTo`",
    label = "not a `ReplyTo`"
)]
pub trait Caller: fmt::Debug + sealed::Sealed {}

pub(crate) mod sealed {
    use super::Failure;

    #[expect(unnameable_types, reason = "sealed: nobody else implements `Caller`")]
    pub trait Sealed {
        /// True if the caller does not wait any more.
        fn is_gone(&self) -> bool;

        /// Tells the caller that its message is not handled.
        #[expect(private_interfaces, reason = "sealed: only the runtime calls this")]
        fn fail(&mut self, failure: Failure);
    }
}

/// Where the answer to one call goes.
///
/// A handler that takes a `reply: ReplyTo<T>` answers when it likes, from any task: the service
/// goes on with the next message meanwhile. An answer that comes after the caller's deadline goes
/// nowhere. Dropped without an answer, it fails the call with
/// [`CallError::NoReply`](crate::CallError::NoReply).
///
/// # Examples
/// ```
/// use scope_runtime::ReplyTo;
///
/// fn answer_later(reply: ReplyTo<u64>) {
///     reply.answer(42);
/// }
/// ```
///
/// # OTP
/// `From` in `handle_call`, and `gen_server:reply/2`.
#[must_use = "a call whose `ReplyTo` is dropped fails with `NoReply`"]
pub struct ReplyTo<T, E = Infallible> {
    pub(crate) place: Place<T>,
    pub(crate) error: PhantomData<fn(E)>,
}

/// What a [`ReplyTo`] is but for the type of its errors.
pub(crate) struct Place<T> {
    sender: Option<oneshot::Sender<Answer<T>>>,
}

impl<T, E> ReplyTo<T, E> {
    /// Answers the call with a value.
    #[inline]
    pub fn answer(self, value: T) {
        self.place.answer(value);
    }

    /// Answers the call with the handler's own error.
    pub fn answer_error(mut self, error: E)
    where
        E: Send + 'static,
    {
        self.place.give(AnyError::new(error).into());
    }

    /// Answers the call with a result.
    pub fn answer_result<R: Outcome<Ok = T, Error = E>>(mut self, result: R)
    where
        E: Send + 'static,
    {
        match AnyError::of(result) {
            Ok(value) => self.answer(value),
            Err(error) => self.place.give(error.into()),
        }
    }

    /// True if the caller gave up: whatever is answered goes nowhere.
    pub fn is_abandoned(&self) -> bool {
        self.place.is_abandoned()
    }

    /// Says that the answer may come from elsewhere, later: the caller no longer waits for the
    /// running handler. Generated code calls it for a handler that takes a `ReplyTo`.
    pub fn defer(self) -> Self {
        let_go();
        self
    }
}

impl<T> Place<T> {
    #[inline]
    pub(crate) fn new() -> (Self, oneshot::Receiver<Answer<T>>) {
        let (sender, receiver) = oneshot::channel();
        let sender = Some(sender);
        (Self { sender }, receiver)
    }

    // Not by `give`: the value goes from the handler into its place, which a result on the way would copy.
    #[inline]
    fn answer(mut self, value: T) {
        if let Some(sender) = self.sender.take() {
            send(sender, Ok(value));
        }
    }

    /// Answers with what the handler returned, whose service has this core.
    pub(crate) fn settle(mut self, result: Result<T, AnyError>, core: &Core) {
        match result {
            Ok(value) => self.answer(value),
            Err(error) => {
                // Before the answer: whoever gets it may look.
                core.note_failure();
                self.give(error.into());
            }
        }
    }

    /// Only the first one counts. A late one goes nowhere.
    fn give(&mut self, answer: Unanswered) {
        if let Some(sender) = self.sender.take() {
            send(sender, Err(answer));
        }
    }

    fn is_abandoned(&self) -> bool {
        self.sender.as_ref().is_none_or(oneshot::Sender::is_closed)
    }
}

/// Gives an answer to its caller, and wakes it.
#[inline]
fn send<T>(sender: oneshot::Sender<Answer<T>>, answer: Answer<T>) {
    let sent = waking(|| sender.send(answer));
    // What nobody waits for is dropped out here: its destructor belongs to whoever answers.
    drop(sent);
}

impl<T, E> sealed::Sealed for ReplyTo<T, E> {
    fn is_gone(&self) -> bool {
        self.is_abandoned()
    }

    #[expect(private_interfaces, reason = "sealed: only the runtime calls this")]
    fn fail(&mut self, failure: Failure) {
        self.place.give(Unanswered::Failed(failure));
    }
}

impl<T, E> Caller for ReplyTo<T, E> {}

impl<T> Drop for Place<T> {
    fn drop(&mut self) {
        if self.sender.is_some() {
            self.give(unanswered());
        }
    }
}

/// What becomes of a call whose `ReplyTo` is dropped.
#[cold]
fn unanswered() -> Unanswered {
    match lost_with() {
        Some(incarnation) => Unanswered::Crashed(incarnation),
        None => Unanswered::Failed(Failure::NoReply),
    }
}

/// The caller of the running handler does not wait for it any more.
fn let_go() {
    with_current(|current| {
        if let Some(wait) = current.and_then(|current| current.caller.take()) {
            wait.end();
        }
    });
}

impl<T, E> fmt::Debug for ReplyTo<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyTo")
            .field("abandoned", &self.is_abandoned())
            .finish()
    }
}

/// A handler's result: its error becomes [`CallError::Service`](crate::CallError::Service).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result`; write `#[call(plain)]` to answer with the value as it is",
    label = "not a `Result`"
)]
pub trait Outcome {
    /// What a caller gets.
    type Ok;
    /// What a caller gets as `CallError::Service`.
    type Error;

    /// The result itself.
    #[expect(clippy::missing_errors_doc, reason = "it is the caller's own result")]
    fn into_result(self) -> Result<Self::Ok, Self::Error>;
}

impl<T, E> Outcome for Result<T, E> {
    type Ok = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}

/// The reply slot of a handler that returns the result `R`.
pub type FlatReply<R> = ReplyTo<<R as Outcome>::Ok, <R as Outcome>::Error>;
