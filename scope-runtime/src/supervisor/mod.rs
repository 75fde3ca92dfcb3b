//! Supervisors: processes that start, watch, restart and stop their children.
//!
//! # Protocol
//! - A supervisor is one task. Whatever reaches it (the exit of a child, a request, its parent's
//!   stop, its own next restart attempt) comes through one queue and is handled in order of
//!   arrival, one at a time. While it starts or stops a child, everything else waits.
//! - A kill comes on its lane instead and interrupts whatever it does: it stops supervising, tells
//!   all children that they are `Killed`, waits until they are gone, and exits as `Killed`.
//! - What to do about an event is decided by `state`, which knows neither tasks nor clocks;
//!   `shell` does it. A child is a record under a number that grows in start order, found by
//!   its id and by its process, so that a crash costs the same among ten children and ten thousand.
//! - The exit of a process that no record names any more is stale and ignored: what the
//!   supervisor stopped itself, it has waited for.

mod alarm;
mod answer;
mod children;
mod error;
mod handle;
mod inbox;
mod info;
mod intensity;
mod launch;
mod log;
mod root;
mod shell;
mod spec;
mod state;
mod stop;
mod strategy;

pub use error::{SpecError, StartError, SupervisorError};
pub use handle::SupervisorHandle;
pub use info::{ChildCounts, ChildInfo, ChildState};
pub use intensity::Intensity;
pub use log::RestartRecord;
pub use root::Root;
pub use spec::{SupervisorInit, SupervisorSpec};
pub use strategy::{AutoShutdown, Strategy};

pub(crate) use inbox::{Parent, push_stop, report_exit};
pub(crate) use log::RestartLog;
pub(crate) use stop::within;
