//! Where in its life a process is.

use std::fmt;

use super::{Phase, Process};
use crate::rt::lock;

/// Where in its life a process is: of a tree, its supervisor at the top.
///
/// It only goes forward. A supervisor is `Stopping` from when it is told to, or has decided to, before any of its
/// children learns of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// It has not started: of a supervisor, not all of its children have.
    Starting,
    /// It does its work.
    Running,
    /// It ends; of a supervisor, its children are stopped or will be.
    Stopping,
    /// It has exited, or does not run.
    Ended,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Ended => "ended",
        })
    }
}

impl Process {
    pub(crate) fn stage(&self) -> Stage {
        let state = lock(&self.state);
        match state.phase {
            Phase::Exited(_) => Stage::Ended,
            _ if state.ending || state.signal.is_some() => Stage::Stopping,
            Phase::Starting => Stage::Starting,
            Phase::Started => Stage::Running,
            Phase::Ignored => Stage::Stopping,
        }
    }
}
