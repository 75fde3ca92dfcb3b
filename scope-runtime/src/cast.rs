//! Casts: messages that nobody waits for.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::berth::{Berth, Outbox};
use crate::error::{CastError, CastErrorKind};
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
    request: Request,
    /// The message until it is sent.
    outbox: Berth<S::Message>,
}

impl<S: Service> Cast<S> {
    #[inline]
    pub(crate) fn new(slot: &Arc<Slot>, message: S::Message) -> Self {
        Self {
            request: Request::new(slot, Timeout::NONE),
            outbox: Berth::Holds(message),
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
        self.request.leave_line(&mut self.outbox);
        match self.outbox.take() {
            Some(message) => send_now(&self.request.slot, message),
            // It was polled before, and is delivered.
            None => Ok(()),
        }
    }
}

/// Queues a message if there is room.
pub(crate) fn send_now<M: Message>(slot: &Slot, message: M) -> Result<(), CastError<M>> {
    let mut outbox = Berth::Holds(message);
    let sent = send_out(slot, &mut outbox);
    give_back(sent, &mut outbox)
}

fn send_out(slot: &Slot, outbox: &mut dyn Outbox) -> Result<(), Box<Failure>> {
    let handler = if spans::is_on() {
        outbox.handler()
    } else {
        None
    };
    let origin = handler.and_then(|handler| spans::cast(slot.spec(), handler));
    let sent = slot.queue.try_push(&slot.spec, outbox, origin.as_ref());
    if let (Some(span), Err(failure)) = (origin, &sent) {
        span.record(Err(failure.error_type()));
    }
    sent
}

/// What is refused comes back.
#[inline]
fn give_back<M>(sent: Result<(), Box<Failure>>, outbox: &mut Berth<M>) -> Result<(), CastError<M>> {
    let Err(failure) = sent else {
        return Ok(());
    };
    let kind = CastErrorKind::of_failure(*failure);
    match mem::take(outbox) {
        Berth::Holds(message) => Err(CastError { kind, message }),
        Berth::Empty => Ok(()),
    }
}

impl<S: Service> Future for Cast<S> {
    type Output = Result<(), CastError<S::Message>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let is_sent = this.outbox.is_empty();
        let sent = ready!(poll_cast(&mut this.request, &mut this.outbox, is_sent, cx));
        Poll::Ready(give_back(sent, &mut this.outbox))
    }
}

fn poll_cast(
    request: &mut Request,
    outbox: &mut dyn Outbox,
    is_sent: bool,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Box<Failure>>> {
    // A task that casts in a loop gives its receiver a turn long before the mailbox is full.
    let budget = ready!(poll_proceed(cx));
    let sent = ready!(if is_sent {
        request.poll_sent(outbox, cx)
    } else {
        request.poll_unsent(outbox, cx, Patience::Room)
    });
    budget.made_progress();
    request.finish(outbox);
    if let (Some(span), Err(failure)) = (request.waiting.take_span(), &sent) {
        span.record(Err(failure.error_type()));
    }
    Poll::Ready(sent)
}

impl<S: Service> Drop for Cast<S> {
    #[inline]
    fn drop(&mut self) {
        self.request.finish(&mut self.outbox);
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
