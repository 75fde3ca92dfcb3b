//! How children are started.

use crate::child_spec::Child;
use crate::exit::ExitReason;
use crate::joined::joined;
use crate::process::{Phase, Process};
use crate::rt::Arc;

use super::children::Key;
use super::error::StartError;
use super::inbox::Parent;
use super::shell::{Killed, Shell, or_killed};
use super::stop::{Stopped, kill, within};

/// How a start went.
pub(super) enum Launch {
    Started(Arc<Process>),
    Ignored,
    Failed(ExitReason),
}

impl Shell {
    /// Starts a new incarnation of a child and waits until it has started.
    pub(super) async fn launch(&mut self, key: Key) -> Result<Launch, Killed> {
        let Some(record) = self.state.children.get(key) else {
            return Ok(Launch::Failed(ExitReason::NoProc));
        };
        let (spec, carry) = (&record.spec, record.carry.clone());
        if self.log.is_stuck(|| self.child_path(spec.id())) {
            return Ok(Launch::Failed(ExitReason::error(
                "the last incarnation is stuck",
            )));
        }
        let (limit, shutdown) = (spec.settings.start_timeout, spec.settings.shutdown);
        let name = spec.shared_id().clone();
        let home = self.process.home().clone();
        let parent = Parent::new(self.slot.clone(), key, self.log.clone());
        let process = Process::new(name, spec.settings.child_type, home, Some(parent));
        let future = spec.make(Child::new(process.clone(), carry));
        process.run(future);
        self.starting = Some((process.clone(), shutdown));
        let outcome = (self.alarm).within(limit, process.start_outcome());
        let outcome = or_killed(&self.process, outcome).await?;
        let launch = match outcome {
            Some(Phase::Started) => Launch::Started(process.clone()),
            Some(Phase::Ignored) => {
                let gone = within(limit, process.exited());
                if self.or_killed(gone).await?.is_none() {
                    self.kill_starting(&process).await?;
                }
                Launch::Ignored
            }
            Some(Phase::Exited(reason)) => Launch::Failed(reason),
            Some(Phase::Starting) | None => {
                self.kill_starting(&process).await?;
                let limit = limit.unwrap_or_default();
                Launch::Failed(ExitReason::error(format!("did not start in {limit:?}")))
            }
        };
        note_launch(&process, &launch);
        self.starting = None;
        Ok(launch)
    }

    async fn kill_starting(&mut self, process: &Arc<Process>) -> Result<(), Killed> {
        if self.or_killed(kill(process)).await? == Stopped::Stuck {
            self.log.add_stuck(process.clone());
        }
        Ok(())
    }

    pub(super) fn child_path(&self, id: &str) -> Arc<str> {
        joined(&[self.process.path(), "/", id])
    }
}

fn note_launch(process: &Process, launch: &Launch) {
    match launch {
        Launch::Started(_) => {
            tracing::debug!(child = %process.path(), incarnation = process.id(), "started");
        }
        Launch::Ignored => tracing::debug!(child = %process.path(), "ignored its start"),
        Launch::Failed(reason) if StartError::is_in(reason) => {
            // A child of it did, which was told of as an error.
            tracing::debug!(child = %process.path(), %reason, "failed to start");
        }
        Launch::Failed(reason) => {
            tracing::error!(child = %process.path(), %reason, "failed to start");
        }
    }
}
