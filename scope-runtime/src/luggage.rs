//! What travels beside a message.

use crate::deadline::Ticket;
use crate::exit::contain_drop;
use crate::message::Message;
use crate::reply::Failure;
use crate::ring::Held;
use crate::stats::Stamp;
use crate::telemetry::spans::Origin;

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

/// Tells the caller of a message that nobody will handle it, and drops it.
pub(crate) fn refuse<M: Message>(mut message: M, luggage: Luggage, failure: &Failure) {
    if let Some(caller) = message.route().caller {
        caller.fail(failure.clone());
    }
    if let Err(panic) = contain_drop((message, luggage)) {
        tracing::error!(target: "scope", %panic, "a destructor panicked in an undelivered message");
    }
}
