//! Calls: a request and the wait for its answer, as one future.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::berth::{Berth, Outbox};
use crate::error::CallError;
use crate::exit::ExitReason;
use crate::process::Process;
use crate::reply::{Answer, AnyError, Failure, Outcome, Place, Unanswered};
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
    inquiry: Inquiry<T>,
    /// The message until it is sent.
    outbox: Berth<S::Message>,
    error: PhantomData<fn() -> E>,
}

/// What a call is but for its message and the type of its errors.
pub(crate) struct Inquiry<T> {
    errand: Errand,
    /// Given up with an error: then its message is not handled any more.
    reply: Option<oneshot::Receiver<Answer<T>>>,
}

/// What a call is but for its message and its answer.
struct Errand {
    request: Request,
    /// The instance crashed in this handler; its reason follows.
    crash: Option<Box<Coming>>,
}

/// A reason that is to come.
type Coming = Pin<Box<dyn Future<Output = ExitReason> + Send>>;

/// The call to a handler that returns the result `R`.
pub type FlatCall<S, R> = Call<S, <R as Outcome>::Ok, <R as Outcome>::Error>;

impl<S: Service, T, E> Call<S, T, E> {
    /// Sets how long the call may take, from when it is first polled; zero fails at once.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.inquiry.errand.request.waiting.timeout = Timeout::of(limit);
        self
    }

    /// Lets the call wait for ever; inside a handler its caller's deadline still holds.
    pub fn no_timeout(mut self) -> Self {
        self.inquiry.errand.request.waiting.timeout = Timeout::NONE;
        self
    }
}

impl<S: Service, T, E: 'static> Future for Call<S, T, E> {
    type Output = Result<T, CallError<E>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let begins = !this.outbox.is_empty();
        Poll::Ready(
            match ready!(this.inquiry.poll(&mut this.outbox, begins, cx)) {
                Ok(value) => Ok(value),
                Err(error) => Err(CallError::of_any(error)),
            },
        )
    }
}

/// A call that has no message yet, see [`Handle::ask`](crate::Handle::ask).
#[must_use = "a call is sent with its message"]
pub struct Unsent<S, T, E = Infallible> {
    pub(crate) inquiry: Inquiry<T>,
    pub(crate) message: PhantomData<fn(S) -> E>,
}

impl<S: Service, T, E> Unsent<S, T, E> {
    /// The call with this message, which holds the place for its answer.
    #[inline]
    pub fn with(self, message: S::Message) -> Call<S, T, E> {
        Call {
            inquiry: self.inquiry,
            outbox: Berth::Holds(message),
            error: PhantomData,
        }
    }
}

impl<S, T, E> fmt::Debug for Unsent<S, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsent")
            .field("to", &self.inquiry.errand.request.slot)
            .finish_non_exhaustive()
    }
}

impl<T> Inquiry<T> {
    /// An inquiry, and the place for its answer.
    #[inline]
    pub(crate) fn new(slot: &Arc<Slot>) -> (Place<T>, Self) {
        let (place, reply) = Place::new();
        let errand = Errand {
            request: Request::new(slot, Timeout::DEFAULT),
            crash: None,
        };
        let reply = Some(reply);
        (place, Self { errand, reply })
    }

    /// Sends the message if the call `begins`, and waits for its answer.
    #[inline]
    fn poll(
        &mut self,
        outbox: &mut dyn Outbox,
        begins: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, CallError<AnyError>>> {
        let sent = ready!(self.errand.poll_send(outbox, begins, cx));
        let unanswered = match (sent, &mut self.reply) {
            (Err(failure), _) => Unanswered::Failed(*failure),
            (Ok(()), None) => return Poll::Pending,
            (Ok(()), Some(reply)) => match Pin::new(reply).poll(cx) {
                Poll::Ready(Ok(Ok(value))) => {
                    self.errand.finish(outbox, None);
                    return Poll::Ready(Ok(value));
                }
                Poll::Ready(Ok(Err(unanswered))) => unanswered,
                Poll::Ready(Err(_)) => Unanswered::Failed(Failure::NoReply),
                // Its clock was set by this very poll.
                Poll::Pending if begins => return Poll::Pending,
                Poll::Pending => Unanswered::Failed(ready!(self.errand.poll_late(cx))),
            },
        };
        let error = ready!(self.errand.poll_error(unanswered, outbox, cx));
        self.reply = None;
        Poll::Ready(Err(error))
    }
}

impl<S: Service, T, E> Drop for Call<S, T, E> {
    #[inline]
    fn drop(&mut self) {
        self.inquiry.errand.request.finish(&mut self.outbox);
    }
}

impl Errand {
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

    /// There is an error; ready when it is known which.
    fn poll_error(
        &mut self,
        unanswered: Unanswered,
        outbox: &mut dyn Outbox,
        cx: &mut Context<'_>,
    ) -> Poll<CallError<AnyError>> {
        let failure = match unanswered {
            Unanswered::Service(error) => {
                self.finish(outbox, Some("_OTHER"));
                return Poll::Ready(CallError::Service(error));
            }
            Unanswered::Failed(Failure::NoReply) => ready!(self.poll_end(None, cx)),
            Unanswered::Failed(failure) => failure,
            Unanswered::Crashed(incarnation) => ready!(self.poll_end(Some(incarnation), cx)),
        };
        self.finish(outbox, Some(failure.error_type()));
        outbox.empty();
        Poll::Ready(CallError::of_failure(failure))
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
            .field("to", &self.inquiry.errand.request.slot)
            .finish_non_exhaustive()
    }
}

/// What is known of the end of an incarnation.
enum End {
    Known(ExitReason),
    Coming(Coming),
    Alive,
}

/// How the incarnation that let a call down ends: the one that the reply was lost with; or, if it was dropped for another
/// reason, the one that had it, if that ends at all.
fn end_of(slot: &Slot, lost_with: Option<u64>, sent: u64) -> End {
    let occupant = slot.occupant();
    let coming =
        |process: Arc<Process>| End::Coming(Box::pin(async move { process.exited().await }));
    if let Some(number) = lost_with {
        let is_there = |process: &&Arc<Process>| process.id() == number;
        if let Some(process) = occupant.as_ref().filter(is_there) {
            return coming(process.clone());
        }
        // It may have been another service's, to which the reply was handed on: of those nothing is known here.
        if let Some((last, reason)) = slot.exit_of(number)
            && (number == sent || number == last)
        {
            return End::Known(reason);
        }
    }
    // Kept messages, and those to a virtual instance, may have been handled by a successor.
    let handed_on = sent == 0 || slot.spec().options().keep;
    match occupant {
        Some(process) if process.is_ending() => coming(process),
        Some(process) if handed_on || process.id() == sent => End::Alive,
        _ => match slot.exit_of(sent.max(1)) {
            Some((_, reason)) => End::Known(reason),
            None => End::Alive,
        },
    }
}
