//! Pids: references to one incarnation.

use std::fmt;

use crate::child_spec::ChildType;
use crate::exit::ExitReason;
use crate::process::{Process, Stage};
use crate::rt::Arc;
use crate::supervisor::SupervisorHandle;

/// A reference to one incarnation: of a service, a supervisor or a task.
///
/// Cheap to clone, and never another incarnation's: after a restart it refers to nobody.
///
/// # OTP
/// A pid.
#[derive(Clone)]
pub struct Pid {
    process: Arc<Process>,
}

impl Pid {
    pub(crate) fn new(process: Arc<Process>) -> Self {
        Self { process }
    }

    pub(crate) fn process(&self) -> &Arc<Process> {
        &self.process
    }

    /// Its number: unique in this program, larger for a later incarnation.
    pub fn incarnation(&self) -> u64 {
        self.process.id()
    }

    /// Its namespace and its place in the tree, such as `production/Shop/ledger`.
    pub fn path(&self) -> &str {
        self.process.path()
    }

    /// Whether a supervisor counts it as a worker or as a supervisor.
    pub fn child_type(&self) -> ChildType {
        self.process.child_type()
    }

    /// False once it has exited.
    pub fn is_alive(&self) -> bool {
        self.process.is_alive()
    }

    /// Where in its life it is.
    pub fn stage(&self) -> Stage {
        self.process.stage()
    }

    /// Tells it to stop with `reason`, as its supervisor would; its `terminate` runs.
    ///
    /// # OTP
    /// `exit(Pid, Reason)` from the parent.
    pub fn stop(&self, reason: ExitReason) {
        self.process.stop(reason);
    }

    /// Kills it: a worker is aborted at its next await, without `terminate`; a supervisor stops
    /// supervising, and its children learn of it as `Killed`.
    ///
    /// # OTP
    /// `exit(Pid, kill)`.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Waits until it has exited and everything it held is dropped.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn exited(&self) -> ExitReason {
        self.process.exited().await
    }

    /// The supervisor whose child it is; `None` for the one at the top of a tree.
    ///
    /// # OTP
    /// The first of `'$ancestors'`.
    pub fn parent(&self) -> Option<SupervisorHandle> {
        let inbox = self.process.parent()?.inbox();
        Some(SupervisorHandle::of_slot(inbox.clone()))
    }

    /// The supervisor that this process is, if it is one.
    pub fn supervisor(&self) -> Option<SupervisorHandle> {
        self.process
            .inbox()
            .map(|inbox| SupervisorHandle::of_incarnation(inbox.clone(), self))
    }
}

impl PartialEq for Pid {
    fn eq(&self, other: &Self) -> bool {
        self.process.id() == other.process.id()
    }
}

impl Eq for Pid {}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.process.path(), self.process.id())
    }
}

impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pid({self})")
    }
}
