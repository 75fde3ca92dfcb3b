//! Calls: a request and the wait for its answer, as one future.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::error::CallError;
use crate::exit::ExitReason;
use crate::process::Process;
use crate::reply::{Answer, Failure, Outcome, Unanswered};
use crate::request::{Request, Sent};
use crate::rt::{Arc, oneshot};
use crate::service::Service;
use crate::slot::Slot;
use crate::waiting::{Patience, Timeout};

/// A call that is sent when it is awaited, and gives `Result<T, CallError<E>>`.
///
/// It waits for room if the mailbox is full, and for the answer. The time of both is limited by
/// the handler's or the service's `call_timeout`, by [`Self::timeout`], and, inside a handler, by
/// what is left of the time of that handler's own caller.
///
/// # Errors
/// See [`CallError`].
///
/// # Cancel safety
/// Dropping it gives the call up: if its handler has not begun, it is never run (but counted).
///
/// # OTP
/// `gen_server:call/2,3`.
#[must_use = "a call is sent when it is awaited"]
pub struct Call<S: Service, T, E = Infallible> {
    request: Request<S::Message>,
    /// Given up with an error: then its message is not handled any more.
    reply: Option<oneshot::Receiver<Answer<T, E>>>,
    /// The incarnation that took the message; zero if it waits for one.
    incarnation: u64,
    /// The instance crashed in this handler; its reason follows.
    crash: Option<Box<Coming>>,
}

/// A reason that is to come.
type Coming = Pin<Box<dyn Future<Output = ExitReason> + Send>>;

/// The call to a handler that returns the result `R`.
pub type FlatCall<S, R> = Call<S, <R as Outcome>::Ok, <R as Outcome>::Error>;

impl<S: Service, T, E> Call<S, T, E> {
    #[inline]
    pub(crate) fn new(
        slot: Arc<Slot>,
        message: S::Message,
        reply: oneshot::Receiver<Answer<T, E>>,
    ) -> Self {
        Self {
            request: Request::new(slot, message, Timeout::DEFAULT),
            reply: Some(reply),
            incarnation: 0,
            crash: None,
        }
    }

    /// Sets how long the call may take, from when it is first polled; zero fails at once.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.request.waiting.timeout = Timeout::of(limit);
        self
    }

    /// Lets the call wait for ever; inside a handler its caller's deadline still holds.
    pub fn no_timeout(mut self) -> Self {
        self.request.waiting.timeout = Timeout::NONE;
        self
    }

    /// Gives back what the wait held; its span ends.
    #[inline]
    fn finish(&mut self, error: Option<&CallError<E>>) {
        self.request.finish();
        if error.is_some() {
            drop(self.reply.take());
        }
        if let Some(span) = self.request.waiting.take_span() {
            let error = error.map(CallError::error_type);
            span.record(error.map_or(Ok(()), Err));
        }
    }

    fn poll_crash(&mut self, cx: &mut Context<'_>) -> Poll<CallError<E>> {
        if let Some(crash) = &mut self.crash
            && let Poll::Ready(reason) = (**crash).as_mut().poll(cx)
        {
            self.crash = None;
            return Poll::Ready(CallError::Exited(reason));
        }
        self.request.poll_deadline(cx).map(|()| CallError::Timeout)
    }

    /// Why there is no answer; `None` if the reason is still to come.
    fn unanswered(&mut self, why: Unanswered<E>) -> Option<CallError<E>> {
        let incarnation = match why {
            Unanswered::Service(error) => return Some(CallError::Service(error)),
            Unanswered::Failed(Failure::NoReply) => None,
            Unanswered::Failed(failure) => return Some(CallError::of_failure(failure)),
            Unanswered::Crashed(incarnation) => Some(incarnation),
        };
        match end_of(&self.request.slot, incarnation, self.incarnation) {
            End::Known(reason) => Some(CallError::Exited(reason)),
            End::Alive => Some(CallError::NoReply),
            End::Coming(reason) => {
                self.crash = Some(Box::new(reason));
                None
            }
        }
    }
}

impl<S: Service, T, E> Future for Call<S, T, E> {
    type Output = Result<T, CallError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.crash.is_some() {
            let error = ready!(this.poll_crash(cx));
            this.finish(Some(&error));
            return Poll::Ready(Err(error));
        }
        let begins = this.request.is_unsent();
        match ready!(this.request.poll_send(cx, Patience::Answer)) {
            Ok(Sent::Now(incarnation)) => this.incarnation = incarnation,
            Ok(Sent::Before) => {}
            Err(failure) => {
                let error = CallError::of_failure(*failure);
                this.finish(Some(&error));
                drop(this.request.take_unsent());
                return Poll::Ready(Err(error));
            }
        }
        let Some(reply) = &mut this.reply else {
            return Poll::Pending;
        };
        let answer = match Pin::new(reply).poll(cx) {
            Poll::Ready(Ok(Ok(value))) => Ok(value),
            Poll::Ready(Ok(Err(why))) => match this.unanswered(why) {
                Some(error) => Err(error),
                None => Err(ready!(this.poll_crash(cx))),
            },
            Poll::Ready(Err(_)) => Err(CallError::NoReply),
            // Its clock was set by this very poll.
            Poll::Pending if begins => return Poll::Pending,
            Poll::Pending => {
                ready!(this.request.poll_deadline(cx));
                Err(CallError::Timeout)
            }
        };
        this.finish(answer.as_ref().err());
        Poll::Ready(answer)
    }
}

// Nothing in it is pinned: the message is moved into the mailbox.
impl<S: Service, T, E> Unpin for Call<S, T, E> {}

impl<S: Service, T, E> fmt::Debug for Call<S, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("to", &self.request.slot)
            .finish_non_exhaustive()
    }
}

/// What is known of the end of an incarnation.
enum End {
    Known(ExitReason),
    Coming(Coming),
    Alive,
}

/// How the incarnation that let a call down ends: the one that `crashed`; or, if the reply was
/// dropped for another reason, the one that had it, if that ends at all.
fn end_of(slot: &Slot, crashed: Option<u64>, sent: u64) -> End {
    let occupant = slot.occupant();
    // Kept messages, and those to a virtual instance, may have been handled by a successor.
    let handed_on = sent == 0 || slot.spec().options.keep;
    let ends = |process: &Arc<Process>| match crashed {
        Some(crashed) => process.id() == crashed,
        None => process.is_ending(),
    };
    match occupant {
        Some(process) if ends(&process) => {
            End::Coming(Box::pin(async move { process.exited().await }))
        }
        Some(process) if crashed.is_none() && (handed_on || process.id() == sent) => End::Alive,
        _ => match slot.exit_of(crashed.unwrap_or(sent).max(1)) {
            Some(reason) => End::Known(reason),
            None => End::Alive,
        },
    }
}
