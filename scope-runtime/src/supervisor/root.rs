//! The top of a tree.

use crate::carry::Carry;
use crate::child_spec::{Child, ChildSpec, ChildType};
use crate::exit::ExitReason;
use crate::namespace::Namespace;
use crate::pid::Pid;
use crate::process::{Phase, Process};
use crate::rt::Arc;
use crate::surroundings::Home;

use super::error::StartError;
use super::handle::SupervisorHandle;
use super::log::RestartLog;
use super::spec::{SupervisorInit, SupervisorSpec};

/// A running tree. Dropping it stops the tree in order, in the background.
///
/// # OTP
/// What the process that called `supervisor:start_link` is to a supervisor: its parent.
#[derive(Debug)]
#[must_use = "dropping it stops the tree"]
pub struct Root {
    pid: Pid,
    handle: SupervisorHandle,
}

impl SupervisorSpec {
    /// Starts a tree on the current runtime; done when all of its children have started.
    ///
    /// # Errors
    /// [`StartError`] with the path of the child that failed. What had started by then is
    /// stopped again.
    ///
    /// # Cancel safety
    /// Dropping the future stops what had started, in order.
    ///
    /// # OTP
    /// `supervisor:start_link`.
    pub async fn start(self, name: &str, namespace: Namespace) -> Result<Root, StartError> {
        self.start_at(name, namespace.into()).await
    }

    pub(crate) async fn start_at(self, name: &str, home: Home) -> Result<Root, StartError> {
        SupervisorInit::Supervise(self).start_at(name, home).await
    }
}

impl SupervisorInit {
    /// Starts a tree as [`SupervisorSpec::start`] does, if that is what was decided.
    ///
    /// # Errors
    /// As there; also `Ignored`, and `Init` for `Fail`.
    ///
    /// # Cancel safety
    /// Dropping the future stops what had started, in order.
    pub async fn start(self, name: &str, namespace: Namespace) -> Result<Root, StartError> {
        self.start_at(name, namespace.into()).await
    }

    async fn start_at(self, name: &str, home: Home) -> Result<Root, StartError> {
        let path: Arc<str> = format!("{}/{name}", home.namespace).into();
        let process = Process::new(path.clone(), ChildType::Supervisor, home, None);
        let (carry, log) = (Carry::default(), RestartLog::new());
        let spec = ChildSpec::supervisor_with(name, move || self.clone());
        let (tree, left) = (log.clone(), carry.clone());
        process.on_exit(Box::new(move |_| {
            tree.end();
            left.abandon();
        }));
        let future = spec.make(Child::new(process.clone(), carry).on_top_of(log));
        process.run(future);
        let pid = Pid::new(process.clone());
        let Some(inbox) = process.inbox() else {
            return Err(StartError::of_init(path, process.exited().await));
        };
        let handle = SupervisorHandle::of_process(inbox.clone(), &pid);
        let root = Root { pid, handle };
        match process.start_outcome().await {
            Phase::Started => {
                tracing::debug!(child = %path, incarnation = process.id(), "started");
                Ok(root)
            }
            Phase::Ignored => {
                process.exited().await;
                Err(StartError::Ignored { path })
            }
            Phase::Exited(reason) => Err(StartError::of_init(path, reason)),
            Phase::Starting => Err(StartError::of_init(path, ExitReason::NoProc)),
        }
    }
}

impl Root {
    /// Talks to the supervisor at the top.
    pub fn handle(&self) -> &SupervisorHandle {
        &self.handle
    }

    /// The process at the top.
    pub fn pid(&self) -> &Pid {
        &self.pid
    }

    /// Stops the tree in reverse start order and waits until it is gone; gives the exit reason.
    ///
    /// # Cancel safety
    /// The tree stops, once this was polled, or dropped.
    pub async fn stop(self, reason: ExitReason) -> ExitReason {
        self.pid.stop(reason);
        self.pid.exited().await
    }

    /// Waits until the tree has ended, for whatever reason.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn exited(&self) -> ExitReason {
        self.pid.exited().await
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        self.pid.stop(ExitReason::Shutdown);
    }
}
