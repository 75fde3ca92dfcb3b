//! What a supervisor tells of its children.

use crate::child_spec::{ChildType, Restart};
use crate::pid::Pid;
use crate::rt::Arc;

/// One child, as [`which_children`](crate::SupervisorHandle::which_children) lists it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChildInfo {
    /// Its name; an instance of a dynamic supervisor has a generated one.
    pub id: Arc<str>,
    /// What it counts as.
    pub child_type: ChildType,
    /// Whether it runs.
    pub state: ChildState,
    /// When it is restarted.
    pub restart: Restart,
    /// Where it was declared, empty if nobody said.
    pub modules: &'static str,
}

/// Whether a child runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChildState {
    /// It does, as this process.
    Running(Pid),
    /// It has no process: it ended, was terminated, or ignored its start.
    Undefined,
    /// Its last restart failed or waits; the next attempt follows.
    Restarting,
}

impl ChildState {
    /// The process, if it runs.
    pub fn pid(&self) -> Option<&Pid> {
        match self {
            Self::Running(pid) => Some(pid),
            Self::Undefined | Self::Restarting => None,
        }
    }
}

/// How many children a supervisor has.
///
/// # OTP
/// `supervisor:count_children`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildCounts {
    /// Child specs; always 1 for a dynamic supervisor, as in OTP.
    pub specs: usize,
    /// Children that run.
    pub active: usize,
    /// Children that count as supervisors, whether they run or not.
    pub supervisors: usize,
    /// Children that count as workers, whether they run or not.
    pub workers: usize,
}
