//! Task supervisors: work that is done once, beside the services.

use std::future::Future;

use crate::child_spec::{ChildSpec, Restart};
use crate::context::Context;
use crate::exit::ExitReason;
use crate::pid::Pid;
use crate::rt::{Arc, Mutex, lock, oneshot};
use crate::service::Service;
use crate::supervisor::{SupervisorError, SupervisorHandle};
use crate::task::{Links, Stopper, Task, guarded};
use crate::telemetry::spans;

/// Starts tasks under a supervisor: they are listed, counted, limited, and stopped with the tree.
///
/// A task is temporary: it is never restarted. It is dropped when the tree stops.
///
/// # OTP
/// Elixir's `Task.Supervisor`.
#[derive(Clone, Debug)]
pub struct Tasks {
    supervisor: SupervisorHandle,
}

impl Tasks {
    pub(crate) fn new(supervisor: SupervisorHandle) -> Self {
        Self { supervisor }
    }

    /// Runs a future as a task of its own; whoever started it may end, and its crash is only told
    /// to whoever awaits the [`Task`].
    ///
    /// # Errors
    /// - [`SupervisorError::MaxChildren`]: as many run as may.
    /// - [`SupervisorError::NoProc`]: the supervisor does not run.
    ///
    /// # OTP
    /// `Task.Supervisor.async_nolink`; with the result dropped, `start_child`.
    pub async fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<Task<T>, SupervisorError> {
        self.start(future, None).await
    }

    /// Runs a future as a task that is linked to the service of `cx`: when the task panics, the
    /// service ends with that reason, and when the service ends, the task is dropped.
    ///
    /// # Errors
    /// As [`Self::spawn`].
    ///
    /// # OTP
    /// `Task.Supervisor.async`.
    pub async fn spawn_linked<T: Send + 'static, S: Service>(
        &self,
        cx: &Context<S>,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<Task<T>, SupervisorError> {
        self.start(future, Some((cx.pid(), cx.links().clone())))
            .await
    }

    /// The supervisor of the tasks.
    pub fn supervisor(&self) -> &SupervisorHandle {
        &self.supervisor
    }

    async fn start<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
        owner: Option<(Pid, Arc<Links>)>,
    ) -> Result<Task<T>, SupervisorError> {
        let (sender, result) = oneshot::channel();
        // It belongs to whoever asked for it, though the supervisor starts it.
        let future = spans::within(spans::current(), future);
        // A spec can be started many times, this future only once; a temporary child is.
        let once = Arc::new(Mutex::new(Some((future, sender))));
        let spec = ChildSpec::new("task", move |child| {
            let work = lock(&once).take();
            // Linked here, where it cannot be forgotten: whoever asked may not wait for the answer.
            let linked = owner.clone().map(|(owner, links)| {
                let hold = links.hold();
                links.link(Stopper::Child(Some(child.pid())));
                (owner, hold)
            });
            async move {
                let (owner, _hold) = linked.unzip();
                let Some((future, sender)) = work else {
                    return ExitReason::Normal;
                };
                let work = async move {
                    let ended = guarded(None, future).await;
                    let reason = ended.as_ref().err().cloned().unwrap_or(ExitReason::Normal);
                    // Nobody has to wait for it.
                    drop(sender.send(ended));
                    reason
                };
                let reason = child.run_task(work).await;
                if let (true, Some(owner)) = (reason.is_panic(), owner) {
                    owner.stop(reason.clone());
                }
                reason
            }
        });
        let pid = self
            .supervisor
            .start_child(spec.restart(Restart::Temporary))
            .await?;
        Ok(Task::supervised(result, pid))
    }
}
