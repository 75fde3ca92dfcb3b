//! What every contestant is asked, and how it answers.
//!
//! A contestant is a program of its own: it implements [`Contestant`] and gives itself to [`serve`]. The driver starts
//! all of them, and asks them in turn, a round each, so that what disturbs the machine disturbs all alike.

#[cfg(feature = "contestant")]
mod contestant;
#[cfg(feature = "contestant")]
mod measures;
mod request;
#[cfg(feature = "contestant")]
mod serve;

#[cfg(feature = "contestant")]
pub use contestant::{Contestant, Host, name, ring_is_closed};
pub use request::{Flavour, Measure, Request};
#[cfg(feature = "contestant")]
pub use serve::{CRASH, serve, variant};

/// The messages that every mailbox holds, where it can be bounded.
pub const CAPACITY: usize = 1_024;
