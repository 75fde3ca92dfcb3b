//! Calls: a request and the wait for its answer, as one future.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::berth::{Berth, Outbox};
use crate::error::CallError;
use crate::exit::ExitReason;
use crate::process::Process;
use crate::reply::{Answer, Failure, Outcome, Unanswered};
use crate::request::Request;
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
/// Dropping it gives the call up: if its handler has not begun, it is never run. One that was in the mailbox counts as
/// [`expired`](crate::Counters::expired), one that still waited for room was never sent.
///
/// # OTP
/// `gen_server:call/2,3`.
#[must_use = "a call is sent when it is awaited"]
pub struct Call<S: Service, T, E = Infallible> {
    inquiry: Inquiry,
    /// The message until it is sent.
    outbox: Berth<S::Message>,
    /// Given up with an error: then its message is not handled any more.
    reply: Option<oneshot::Receiver<Answer<T, E>>>,
}

/// What a call is but for its message and its answer.
struct Inquiry {
    request: Request,
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
            inquiry: Inquiry {
                request: Request::new(slot, Timeout::DEFAULT),
                crash: None,
            },
            outbox: Berth::Holds(message),
            reply: Some(reply),
        }
    }

    /// Sets how long the call may take, from when it is first polled; zero fails at once.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.inquiry.request.waiting.timeout = Timeout::of(limit);
        self
    }

    /// Lets the call wait for ever; inside a handler its caller's deadline still holds.
    pub fn no_timeout(mut self) -> Self {
        self.inquiry.request.waiting.timeout = Timeout::NONE;
        self
    }

    /// Gives the call up.
    fn fail(&mut self, failure: Failure) -> CallError<E> {
        self.inquiry
            .finish(&mut self.outbox, Some(failure.error_type()));
        drop(self.reply.take());
        drop(self.outbox.take());
        CallError::of_failure(failure)
    }
}

impl<S: Service, T, E> Future for Call<S, T, E> {
    type Output = Result<T, CallError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let begins = !this.outbox.is_empty();
        if let Err(failure) = ready!(this.inquiry.poll_send(&mut this.outbox, begins, cx)) {
            return Poll::Ready(Err(this.fail(*failure)));
        }
        let Some(reply) = &mut this.reply else {
            return Poll::Pending;
        };
        let failure = match Pin::new(reply).poll(cx) {
            Poll::Ready(Ok(Ok(value))) => {
                this.inquiry.finish(&mut this.outbox, None);
                return Poll::Ready(Ok(value));
            }
            Poll::Ready(Ok(Err(Unanswered::Service(error)))) => {
                this.inquiry.finish(&mut this.outbox, Some("_OTHER"));
                return Poll::Ready(Err(CallError::Service(error)));
            }
            Poll::Ready(Ok(Err(Unanswered::Failed(failure)))) => {
                ready!(this.inquiry.poll_failed(failure, cx))
            }
            Poll::Ready(Ok(Err(Unanswered::Crashed(incarnation)))) => {
                ready!(this.inquiry.poll_end(Some(incarnation), cx))
            }
            Poll::Ready(Err(_)) => Failure::NoReply,
            // Its clock was set by this very poll.
            Poll::Pending if begins => return Poll::Pending,
            Poll::Pending => ready!(this.inquiry.poll_late(cx)),
        };
        Poll::Ready(Err(this.fail(failure)))
    }
}

impl<S: Service, T, E> Drop for Call<S, T, E> {
    #[inline]
    fn drop(&mut self) {
        self.inquiry.request.finish(&mut self.outbox);
    }
}

impl Inquiry {
    /// Sends the message if the call `begins`, and else goes on with that; ready when it is in the mailbox.
    fn poll_send(
        &mut self,
        outbox: &mut dyn Outbox,
        begins: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Box<Failure>>> {
        if begins {
            self.request.poll_unsent(outbox, cx, Patience::Answer)
        } else if self.crash.is_some() {
            self.poll_crash(cx).map(|failure| Err(Box::new(failure)))
        } else {
            self.request.poll_sent(outbox, cx)
        }
    }

    fn poll_crash(&mut self, cx: &mut Context<'_>) -> Poll<Failure> {
        if let Some(crash) = &mut self.crash
            && let Poll::Ready(reason) = (**crash).as_mut().poll(cx)
        {
            self.crash = None;
            return Poll::Ready(Failure::Exited(reason));
        }
        self.poll_late(cx)
    }

    /// Ready when the time is up.
    fn poll_late(&mut self, cx: &Context<'_>) -> Poll<Failure> {
        let late = self.request.poll_deadline(cx);
        late.map(|()| Failure::Timeout)
    }

    /// The message was not handled, or not answered; ready when it is known why.
    fn poll_failed(&mut self, failure: Failure, cx: &mut Context<'_>) -> Poll<Failure> {
        match failure {
            Failure::NoReply => self.poll_end(None, cx),
            failure => Poll::Ready(failure),
        }
    }

    /// There is no answer, for an incarnation `crashed` or for another reason; ready when it is known how it ended.
    fn poll_end(&mut self, crashed: Option<u64>, cx: &mut Context<'_>) -> Poll<Failure> {
        Poll::Ready(
            match end_of(&self.request.slot, crashed, self.request.incarnation) {
                End::Known(reason) => Failure::Exited(reason),
                End::Alive => Failure::NoReply,
                End::Coming(reason) => {
                    self.crash = Some(Box::new(reason));
                    return self.poll_crash(cx);
                }
            },
        )
    }

    /// Gives back what the wait held; its span ends.
    #[inline]
    fn finish(&mut self, outbox: &mut dyn Outbox, error: Option<&'static str>) {
        self.request.finish(outbox);
        if let Some(span) = self.request.waiting.take_span() {
            span.record(error.map_or(Ok(()), Err));
        }
    }
}

// Nothing in it is pinned: the message is moved into the mailbox.
impl<S: Service, T, E> Unpin for Call<S, T, E> {}

impl<S: Service, T, E> fmt::Debug for Call<S, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("to", &self.inquiry.request.slot)
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
