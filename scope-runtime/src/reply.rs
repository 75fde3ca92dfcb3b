//! Replies: the slot in which a caller waits, and what may come instead of an answer.

use std::convert::Infallible;
use std::fmt;

use crate::exit::ExitReason;
use crate::ring::{Cycle, with_current};
use crate::rt::{oneshot, panicking};
use crate::waking::waking;

/// What travels back to a caller.
pub(crate) type Answer<T, E> = Result<T, Unanswered<E>>;

/// What comes instead of a value.
pub(crate) enum Unanswered<E> {
    /// The handler's own error.
    Service(E),
    /// The message was not handled.
    Failed(Failure),
    /// The handler panicked in this incarnation; its exit reason follows.
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
    sender: Option<oneshot::Sender<Answer<T, E>>>,
}

impl<T, E> ReplyTo<T, E> {
    pub(crate) fn new() -> (Self, oneshot::Receiver<Answer<T, E>>) {
        let (sender, receiver) = oneshot::channel();
        (
            Self {
                sender: Some(sender),
            },
            receiver,
        )
    }

    /// Answers the call with a value.
    // Not by `send`: the value goes from the handler into its place, which a result on the way would copy.
    #[inline]
    pub fn answer(mut self, value: T) {
        if let Some(sender) = self.sender.take() {
            send(sender, Ok(value));
        }
    }

    /// Answers the call with the handler's own error.
    pub fn answer_error(self, error: E) {
        self.send(Err(Unanswered::Service(error)));
    }

    /// Answers the call with a result.
    pub fn answer_result<R: Outcome<Ok = T, Error = E>>(self, result: R) {
        self.send(result.into_result().map_err(Unanswered::Service));
    }

    /// True if the caller gave up: whatever is answered goes nowhere.
    pub fn is_abandoned(&self) -> bool {
        self.sender.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    /// Says that the answer may come from elsewhere, later: the caller no longer waits for the
    /// running handler. Generated code calls it for a handler that takes a `ReplyTo`.
    pub fn defer(self) -> Self {
        let_go();
        self
    }

    fn send(mut self, answer: Answer<T, E>) {
        self.give(answer);
    }

    /// Only the first one counts. A late one goes nowhere.
    fn give(&mut self, answer: Answer<T, E>) {
        if let Some(sender) = self.sender.take() {
            send(sender, answer);
        }
    }
}

/// Gives an answer to its caller, and wakes it.
#[inline]
fn send<T, E>(sender: oneshot::Sender<Answer<T, E>>, answer: Answer<T, E>) {
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
        self.give(Err(Unanswered::Failed(failure)));
    }
}

impl<T, E> Caller for ReplyTo<T, E> {}

impl<T, E> Drop for ReplyTo<T, E> {
    fn drop(&mut self) {
        if self.sender.is_none() {
            return;
        }
        let why = match crashing() {
            Some(incarnation) => Unanswered::Crashed(incarnation),
            None => Unanswered::Failed(Failure::NoReply),
        };
        self.give(Err(why));
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

/// The incarnation that panics now on this thread, if one does. A task's panic is not its owner's yet: nobody knows
/// what that will end with.
fn crashing() -> Option<u64> {
    if !panicking() {
        return None;
    }
    with_current(|current| current.map(|current| current.incarnation))
        .filter(|incarnation| *incarnation > 0)
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
