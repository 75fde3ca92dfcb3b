//! How a supervisor answers requests.

use crate::exit::ExitReason;
use crate::pid::Pid;
use crate::process::Process;
use crate::rt::{Arc, Instant};
use crate::waking::waking;

use super::children::{Key, Record};
use super::error::SupervisorError;
use super::inbox::{self, Question, Reply, Request};
use super::launch::Launch;
use super::shell::{Killed, Shell};
use super::state::Keyed;

/// What becomes of a child that was added for this start and did not get a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnFailure {
    Forget,
    Keep,
}

impl Shell {
    pub(super) async fn answer(&mut self, question: Question) -> Result<(), Killed> {
        match question {
            Question::StartChild(record, reply) => {
                let added = self.state.add(record);
                let started = self.start_added(added).await?;
                send(reply, started);
            }
            Question::StartKeyed(id, record, reply) => {
                self.start_keyed(id, record, reply).await?;
            }
            Question::StopKeyed(id, reply) => {
                let found = self.state.to_stop_keyed(&id);
                let done = self.terminate(Ok(found)).await?;
                send(reply, done.map(|()| found.is_some()));
            }
            Question::RestartChild(id, reply) => {
                let started = match self.state.to_restart(&id) {
                    Ok(key) => self.start(key, OnFailure::Keep).await?,
                    Err(error) => Err(error),
                };
                send(reply, started);
            }
            Question::RestartProcess(pid, reply) => {
                let started = self.restart_process(&pid).await?;
                send(reply, started);
            }
            Question::TerminateChild(id, reply) => {
                let found = self.state.to_terminate(&id).map(Some);
                let done = self.terminate(found).await?;
                send(reply, done);
            }
            Question::TerminateProcess(pid, reply) => {
                let found = self.state.to_terminate_process(&pid);
                let done = self.terminate(found).await?;
                send(reply, done);
            }
            Question::DeleteChild(id, reply) => {
                send(reply, self.state.delete(&id));
            }
            Question::WhichChildren(reply) => {
                let children = self.state.children.iter().rev();
                send(
                    reply,
                    Ok(children.map(|(_, record)| record.info()).collect()),
                );
            }
            Question::CountChildren(reply) => send(reply, Ok(self.state.counts())),
            Question::ChildSpec(id, reply) => {
                let found = self.state.children.by_id(&id);
                let spec = found.map(|(_, record)| record.spec.clone());
                send(reply, spec.ok_or(SupervisorError::NotFound));
            }
        }
        Ok(())
    }

    /// Asks again when a process is gone: then what follows from its exit was done, or is queued
    /// before the question.
    fn ask_after(&self, process: &Process, question: Question) {
        let (slot, incarnation) = (self.slot.clone(), Some(self.process.id()));
        process.after_report(Box::new(move |_| {
            // Where nobody is there any more, whoever asked learns it from the dropped reply.
            inbox::push(
                &slot,
                Request::Ask {
                    incarnation,
                    question,
                },
            );
        }));
    }

    async fn start_keyed(
        &mut self,
        id: Arc<str>,
        record: Box<Record>,
        reply: Reply<Option<Pid>>,
    ) -> Result<(), Killed> {
        if let Some(ending) = self.state.ending(&id) {
            self.ask_after(&ending, Question::StartKeyed(id, record, reply));
            return Ok(());
        }
        let started = match self.state.keyed(id, record) {
            Ok(Keyed::Runs(pid)) => Ok(Some(pid)),
            Ok(Keyed::Start(key)) => self.start_added(Ok(key)).await?,
            Err(error) => Err(error),
        };
        send(reply, started);
        Ok(())
    }

    async fn restart_process(
        &mut self,
        pid: &Pid,
    ) -> Result<Result<Option<Pid>, SupervisorError>, Killed> {
        match self.state.to_restart_process(pid) {
            Ok(key) => {
                self.stop_child(key).await?;
                self.state.on_stopped(key);
                self.start(key, OnFailure::Keep).await
            }
            Err(error) => Ok(Err(error)),
        }
    }

    async fn start_added(
        &mut self,
        added: Result<Key, SupervisorError>,
    ) -> Result<Result<Option<Pid>, SupervisorError>, Killed> {
        match added {
            Ok(key) => self.start(key, OnFailure::Forget).await,
            Err(error) => Ok(Err(error)),
        }
    }

    async fn start(
        &mut self,
        key: Key,
        on_failure: OnFailure,
    ) -> Result<Result<Option<Pid>, SupervisorError>, Killed> {
        Ok(match self.launch(key).await? {
            Launch::Started(process) => {
                self.state.on_started(key, process.clone(), Instant::now);
                Ok(Some(Pid::new(process)))
            }
            Launch::Ignored => {
                self.state.retire(key);
                Ok(None)
            }
            Launch::Failed(reason) => {
                self.on_failed(key, &reason, on_failure);
                Err(SupervisorError::StartFailed(reason))
            }
        })
    }

    fn on_failed(&mut self, key: Key, reason: &ExitReason, on_failure: OnFailure) {
        if let Some(record) = self.state.children.get_mut(key) {
            record.reason = reason.clone();
        }
        match on_failure {
            OnFailure::Forget => self.state.forget(key),
            OnFailure::Keep => self.state.retire(key),
        }
    }

    async fn terminate(
        &mut self,
        found: Result<Option<Key>, SupervisorError>,
    ) -> Result<Result<(), SupervisorError>, Killed> {
        match found {
            Ok(Some(key)) => {
                self.stop_child(key).await?;
                self.state.retire(key);
                Ok(Ok(()))
            }
            Ok(None) => Ok(Ok(())),
            Err(error) => Ok(Err(error)),
        }
    }
}

fn send<T>(reply: Reply<T>, answer: Result<T, SupervisorError>) {
    if waking(|| reply.send(answer)).is_some_and(|it| it.is_err()) {
        tracing::trace!("whoever asked a supervisor did not wait for the answer");
    }
}
