//! Handles: how a service is reached from outside.

use std::fmt;
use std::marker::PhantomData;

use crate::call::{Call, Inquiry, Unsent};
use crate::cast::{Cast, send_now};
use crate::error::CastError;
use crate::exit::ExitReason;
use crate::monitor::{self, Down};
use crate::namespace::Namespace;
use crate::pid::Pid;
use crate::reply::ReplyTo;
use crate::rt::Arc;
use crate::service::{InfoFor, Service};
use crate::slot::{MailboxStatus, Slot};

/// What every generated handle stands on: the place of a service, not one incarnation of it.
///
/// Cheap to clone. It survives restarts: it reaches whoever runs under the name when a message is
/// sent. It keeps nothing alive.
///
/// # OTP
/// A registered name.
pub struct Handle<S> {
    slot: Arc<Slot>,
    service: PhantomData<fn() -> S>,
}

impl<S> Handle<S> {
    pub(crate) fn of_slot(slot: Arc<Slot>) -> Self {
        Self {
            slot,
            service: PhantomData,
        }
    }

    pub(crate) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// The incarnation that runs now, if there is one.
    pub fn pid(&self) -> Option<Pid> {
        self.slot.occupant().map(Pid::new)
    }

    /// True while an incarnation runs.
    pub fn is_alive(&self) -> bool {
        self.slot.occupant().is_some()
    }

    /// The namespace of the service.
    pub fn namespace(&self) -> &Namespace {
        &self.slot.spec().namespace
    }

    /// Looks at the mailbox: how many messages wait, and what became of those not handled.
    pub fn mailbox(&self) -> MailboxStatus {
        self.slot.status()
    }

    /// Waits until the incarnation that runs now has ended; at once with the reason `NoProc` if
    /// there is none. "Now" is when this is called, not when it is awaited.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    ///
    /// # OTP
    /// `monitor/2` and a receive of its `'DOWN'`.
    pub fn down(&self) -> impl Future<Output = Down> + Send + use<S> {
        let (slot, pid) = (self.slot.clone(), self.pid());
        async move {
            match pid {
                None => monitor::no_proc(&slot),
                Some(pid) => {
                    let reason = pid.exited().await;
                    monitor::down(&slot, pid.incarnation(), reason)
                }
            }
        }
    }

    /// Kills the incarnation that runs now, without its `terminate`; false if there is none.
    pub fn kill(&self) -> bool {
        self.pid().inspect(Pid::kill).is_some()
    }

    /// Tells the incarnation that runs now to stop with `reason`; false if there is none.
    pub fn stop(&self, reason: ExitReason) -> bool {
        self.pid().inspect(|pid| pid.stop(reason)).is_some()
    }
}

impl<S: Service> Handle<S> {
    /// A call: `build` makes the message around the place for its answer.
    pub fn call<T, E>(&self, build: impl FnOnce(ReplyTo<T, E>) -> S::Message) -> Call<S, T, E> {
        let (reply, call) = self.ask();
        call.with(build(reply))
    }

    /// A call that has no message yet, and the place for its answer, which goes into that. Generated methods use it.
    ///
    /// # Examples
    /// ```
    /// use scope_runtime::{Call, Handle, ReplyTo, Service};
    ///
    /// enum Request {
    ///     Add(i64, ReplyTo<i64>),
    /// }
    ///
    /// fn add<S: Service<Message = Request>>(handle: &Handle<S>, by: i64) -> Call<S, i64> {
    ///     let (reply, call) = handle.ask();
    ///     call.with(Request::Add(by, reply))
    /// }
    /// ```
    pub fn ask<T, E>(&self) -> (ReplyTo<T, E>, Unsent<S, T, E>) {
        let (place, inquiry) = Inquiry::new(&self.slot);
        // Written out: each function between would be compiled for each service once more.
        let (error, message) = (PhantomData, PhantomData);
        (ReplyTo { place, error }, Unsent { inquiry, message })
    }

    /// A cast. Generated methods use it; it also takes a message that came back in an error.
    pub fn cast(&self, message: S::Message) -> Cast<S> {
        Cast::new(&self.slot, message)
    }

    /// A message for an `#[info]` handler.
    ///
    /// # OTP
    /// A plain `!`.
    pub fn info<T: InfoFor<S>>(&self, info: T) -> Cast<S> {
        self.cast(info.into_message())
    }

    /// Queues a message if there is room, without waiting: what a service may do to itself.
    ///
    /// # Errors
    /// [`CastError`] with the message.
    pub fn send_now(&self, message: S::Message) -> Result<(), CastError<S::Message>> {
        send_now(&self.slot, message)
    }
}

impl<S> Clone for Handle<S> {
    fn clone(&self) -> Self {
        Self::of_slot(self.slot.clone())
    }
}

impl<S> fmt::Debug for Handle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({:?})", self.slot)
    }
}
