//! Casts: messages that nobody waits for.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::error::CastError;
use crate::mailbox::Refused;
use crate::message::Message;
use crate::reply::Failure;
use crate::request::Request;
use crate::rt::{Arc, poll_proceed};
use crate::service::Service;
use crate::slot::Slot;
use crate::telemetry::spans;
use crate::waiting::{Patience, Timeout};

/// A cast that is sent when it is awaited, or at once by [`Self::now`].
///
/// Awaited, it waits for room in the mailbox: a fast sender is slowed down to the service's
/// speed. It does not wait until it is handled, and an error of the handler is logged there.
///
/// # Errors
/// [`CastError`], with the message in it, if nobody is there or, where it may not wait, there is
/// no room.
///
/// # Cancel safety
/// Dropped while it waits for room, the message was not sent.
///
/// # OTP
/// `gen_server:cast/2`, which neither waits nor says that nobody is there.
#[must_use = "a cast is sent when it is awaited, or by `.now()`"]
pub struct Cast<S: Service> {
    request: Request<S::Message>,
}

impl<S: Service> Cast<S> {
    #[inline]
    pub(crate) fn new(slot: Arc<Slot>, message: S::Message) -> Self {
        Self {
            request: Request::new(slot, message, Timeout::NONE),
        }
    }

    /// Sets how long it may wait for room; without it, as long as the service runs.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.request.waiting.timeout = Timeout::of(limit);
        self
    }

    /// Sends it without waiting; after it was polled, gives its place in the line up.
    ///
    /// # Errors
    /// [`CastErrorKind::Overloaded`](crate::CastErrorKind::Overloaded) if there is no room,
    /// [`CastErrorKind::NoProc`](crate::CastErrorKind::NoProc) if nobody is there; the message
    /// comes back.
    pub fn now(mut self) -> Result<(), CastError<S::Message>> {
        match self.request.take_unsent() {
            Some(message) => send_now(&self.request.slot, message),
            // It was polled before, and is delivered.
            None => Ok(()),
        }
    }
}

/// Queues a message if there is room.
pub(crate) fn send_now<M: Message>(slot: &Slot, mut message: M) -> Result<(), CastError<M>> {
    let origin = if spans::is_on() {
        spans::cast(slot.spec(), message.route().handler)
    } else {
        None
    };
    let refused = match slot.queue::<M>() {
        None => Refused {
            failure: Failure::NoProc,
            message,
        },
        Some(queue) => match queue.try_push(message, origin.as_ref()) {
            Ok(_) => return Ok(()),
            Err(refused) => refused,
        },
    };
    if let Some(span) = origin {
        span.record(Err(refused.failure.error_type()));
    }
    Err(refused.into())
}

impl<S: Service> Future for Cast<S> {
    type Output = Result<(), CastError<S::Message>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A task that casts in a loop gives its receiver a turn long before the mailbox is full.
        let budget = ready!(poll_proceed(cx));
        let sent = ready!(self.request.poll_send(cx, Patience::Room));
        budget.made_progress();
        self.request.finish();
        let span = self.request.waiting.take_span();
        let Err(failure) = sent else {
            return Poll::Ready(Ok(()));
        };
        if let Some(span) = span {
            span.record(Err(failure.error_type()));
        }
        Poll::Ready(match self.request.take_unsent() {
            Some(message) => Err(Refused {
                message,
                failure: *failure,
            }
            .into()),
            // What is refused comes back.
            None => Ok(()),
        })
    }
}

// Nothing in it is pinned: the message is moved into the mailbox.
impl<S: Service> Unpin for Cast<S> {}

impl<S: Service> fmt::Debug for Cast<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cast")
            .field("to", &self.request.slot)
            .finish_non_exhaustive()
    }
}
