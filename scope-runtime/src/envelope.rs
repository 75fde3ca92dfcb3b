//! Envelopes: a message in a mailbox, and what travels beside it.

use crate::deadline::Ticket;
use crate::exit::contain_drop;
use crate::message::Message;
use crate::reply::Failure;
use crate::ring::Held;
use crate::stats::Stamp;
use crate::telemetry::spans::{self, Origin};

/// A message on its way.
pub(crate) struct Envelope<M> {
    pub(crate) message: M,
    pub(crate) luggage: Luggage,
}

/// What travels beside a message.
#[derive(Default)]
pub(crate) struct Luggage {
    /// What its caller's deadline is found by.
    pub(crate) ticket: Option<Ticket>,
    /// The edge in the graph of waits that the answer removes.
    pub(crate) wait: Option<Held>,
    /// The span that caused it, while somebody looks.
    pub(crate) origin: Option<Origin>,
    /// Set if it is measured.
    pub(crate) stamp: Stamp,
}

impl<M> Envelope<M> {
    /// A message that nobody waits for, caused by the current span. Not to be made under a lock.
    pub(crate) fn new(message: M) -> Self {
        Self {
            message,
            luggage: Luggage {
                origin: spans::origin(),
                ..Luggage::default()
            },
        }
    }
}

impl<M: Message> Envelope<M> {
    /// Tells the caller of a message that nobody will handle it, and drops it.
    pub(crate) fn refuse(mut self, failure: &Failure) {
        if let Some(caller) = self.message.route().caller {
            caller.fail(failure.clone());
        }
        if let Err(panic) = contain_drop(self) {
            tracing::error!(target: "scope", %panic, "a destructor panicked in an undelivered message");
        }
    }
}
