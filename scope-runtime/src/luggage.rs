//! What travels beside a message.

use crate::deadline::Ticket;
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
