//! Health: what the probes ask, and how the answer looks.

mod board;
pub(crate) mod checks;
pub(crate) mod children;
mod document;
pub(crate) mod findings;
mod probes;
pub(crate) mod routes;

pub(crate) use self::board::{Board, Reach, Report};
pub(crate) use self::document::Checks;
pub use self::document::{Check, HealthDocument, Status};
pub(crate) use self::probes::Memory;
