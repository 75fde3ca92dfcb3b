//! What an operator sees of a running program: events, spans and statistics, from the declaration
//! alone.
//!
//! The runtime *executes* an event where something happened; whoever is [attached](attach) to a
//! prefix of its name gets it, at once and on the same thread. Programs execute events of their
//! own through the same bus. Spans and log lines go through `tracing`.
//!
//! # OTP
//! Elixir's `:telemetry`.

mod bus;
mod event;
mod health;
mod life;
mod message;
mod names;
mod one_line;
pub(crate) mod spans;
mod supervision;

pub use bus::{Attached, AttachmentId, attach, detach, execute};
pub use event::{Event, Measurements, Metadata};
pub use names::EVENTS;

#[cfg(feature = "stats")]
pub use crate::stats::{
    Durations, HandlerStatistics, OutcomeStatistics, RegistryStatistics, ServiceStatistics,
    Snapshot, snapshot,
};

pub(crate) use health::health_changed;
pub(crate) use life::{overloaded, started, stopped};
pub(crate) use message::{Failed, Observed, is_observed};
pub(crate) use one_line::OneLine;
pub(crate) use supervision::{GiveUp, Restarting, gives_up, restarting};
