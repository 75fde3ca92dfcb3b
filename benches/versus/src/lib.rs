//! What every contestant is asked, and how it answers.
//!
//! A contestant is a program of its own: it implements [`Contestant`] and gives itself to [`serve`]. The driver starts
//! all of them, and asks them in turn, a round each, so that what disturbs the machine disturbs all alike.

mod contestant;
mod measures;
mod request;
mod serve;

pub use contestant::{Contestant, Host, name, ring_is_closed};
pub use request::{Flavour, Measure, Request};
pub use serve::{CRASH, serve, variant};

/// The messages that every mailbox holds, where it can be bounded.
pub const CAPACITY: usize = 1_024;
