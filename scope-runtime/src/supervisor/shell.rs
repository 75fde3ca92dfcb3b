//! The loop of a supervisor: takes what comes from the queue, and does what `state` decides.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::{Future, poll_fn};
use std::task::Poll;

use crate::child_spec::{Child, Shutdown};
use crate::exit::ExitReason;
use crate::process::{Process, Signal};
use crate::rt::{Arc, Instant, after, select, sleep_until};
use crate::slot::Slot;
use crate::telemetry::{self, GiveUp, Restarting, spans};

use super::alarm::Alarm;
use super::children::{Key, Origin};
use super::error::StartError;
use super::inbox::{self, Inbox, Request};
use super::launch::Launch;
use super::log::RestartLog;
use super::spec::{InitFuture, SupervisorInit, SupervisorSpec};
use super::state::{Decision, End, Plan, State};
use super::stop::{Farewell, Stopped, stop, stop_together};

/// The supervisor was killed: whatever it was doing is over.
pub(super) struct Killed;

pub(super) struct Shell {
    pub(super) process: Arc<Process>,
    pub(super) state: State,
    pub(super) slot: Arc<Slot>,
    pub(super) log: Arc<RestartLog>,
    /// The child whose start is awaited.
    pub(super) starting: Option<(Arc<Process>, Shutdown)>,
    pub(super) alarm: Alarm,
    inbox: Inbox,
    /// Restart attempts that wait for their time: when, timer, child.
    timers: BinaryHeap<Reverse<(Instant, u64, Key)>>,
}

/// What the loop turns to next.
enum Event {
    Request(Request),
    Timer(u64, Key),
}

/// Runs a supervisor as `child`.
pub(super) async fn supervise(child: Child, inbox: Inbox, init: InitFuture) -> ExitReason {
    let process = child.process().clone();
    let spec = match or_killed(&process, init).await {
        Err(Killed) => return ExitReason::Killed,
        Ok(SupervisorInit::Fail(reason)) => return reason,
        Ok(SupervisorInit::Supervise(spec)) => spec,
        Ok(SupervisorInit::Ignore) => {
            child.ignored();
            return ExitReason::Normal;
        }
    };
    if let Err(error) = spec.check() {
        return ExitReason::error(StartError::Spec {
            path: process.path().clone(),
            error,
        });
    }
    let mut shell = Box::new(Shell::new(&child, inbox, spec));
    let reason = match shell.live(&child).await {
        Ok(reason) => reason,
        Err(Killed) => {
            shell.disband().await;
            ExitReason::Killed
        }
    };
    shell.leave();
    reason
}

pub(super) async fn or_killed<T>(
    process: &Process,
    work: impl Future<Output = T>,
) -> Result<T, Killed> {
    let killed = poll_fn(|cx| match process.poll_signal_again(cx) {
        Poll::Ready(Signal::Kill) => Poll::Ready(()),
        // A stop comes through the queue.
        Poll::Ready(Signal::Stop(_)) | Poll::Pending => Poll::Pending,
    });
    select! {
        biased;
        () = killed => Err(Killed),
        output = work => Ok(output),
    }
}

impl Shell {
    fn new(child: &Child, inbox: Inbox, spec: SupervisorSpec) -> Self {
        let carry = child.carry().clone();
        Self {
            process: child.process().clone(),
            state: State::new(spec, |id| carry.child(id)),
            slot: inbox.slot().clone(),
            log: child.tree().cloned().unwrap_or_else(RestartLog::new),
            starting: None,
            alarm: Alarm::default(),
            inbox,
            timers: BinaryHeap::new(),
        }
    }

    /// From the first child's start to the last child's end.
    async fn live(&mut self, child: &Child) -> Result<ExitReason, Killed> {
        if let Err(error) = self.start_all().await? {
            self.stop_all().await?;
            return Ok(ExitReason::error(error));
        }
        child.started();
        let reason = self.serve().await?;
        self.stop_all().await?;
        Ok(reason)
    }

    async fn start_all(&mut self) -> Result<Result<(), StartError>, Killed> {
        let keys: Vec<_> = self.state.children.iter().map(|(key, _)| key).collect();
        for key in keys {
            match self.launch(key).await? {
                Launch::Started(process) => self.state.on_started(key, process, Instant::now),
                Launch::Ignored => self.state.retire(key),
                Launch::Failed(reason) => {
                    return Ok(Err(StartError::of_child(self.path_of(key), reason)));
                }
            }
        }
        Ok(Ok(()))
    }

    /// Handles one thing after another until it is time to stop; gives the reason.
    async fn serve(&mut self) -> Result<ExitReason, Killed> {
        loop {
            let decision = match self.next().await? {
                Event::Timer(timer, key) => self.state.on_retry(key, Some(timer), Instant::now()),
                Event::Request(Request::Retry(key)) => {
                    self.state.on_retry(key, None, Instant::now())
                }
                Event::Request(Request::Exited {
                    child,
                    process,
                    reason,
                }) => (self.state).on_exit(child, process, &reason, Instant::now),
                Event::Request(Request::Stop {
                    incarnation,
                    reason,
                }) => {
                    if incarnation == self.process.id() {
                        return Ok(reason);
                    }
                    Decision::Stay
                }
                Event::Request(Request::Ask {
                    incarnation,
                    question,
                }) => {
                    if incarnation.is_none_or(|wanted| wanted == self.process.id()) {
                        self.answer(question).await?;
                    }
                    Decision::Stay
                }
            };
            if let Some(reason) = self.act(decision).await? {
                return Ok(reason);
            }
        }
    }

    async fn next(&mut self) -> Result<Event, Killed> {
        self.alarm.rest();
        let due = self.timers.peek().map(|Reverse((due, ..))| *due);
        let inbox = &mut self.inbox;
        let event = async {
            let Some(due) = due else {
                return Some(inbox.next().await);
            };
            select! {
                biased;
                () = sleep_until(due) => None,
                request = inbox.next() => Some(request),
            }
        };
        let event = or_killed(&self.process, event).await?;
        Ok(match (event, due) {
            (Some(request), _) => Event::Request(request),
            (None, _) => match self.timers.pop() {
                Some(Reverse((_, timer, key))) => Event::Timer(timer, key),
                // Only a due timer ends the wait without a request.
                None => Event::Request(Request::Retry(Key::MAX)),
            },
        })
    }

    /// Does what was decided; gives the exit reason if that is the end.
    async fn act(&mut self, decision: Decision) -> Result<Option<ExitReason>, Killed> {
        match decision {
            Decision::Stay => {}
            Decision::RetryNext(key) => {
                inbox::push(&self.slot, Request::Retry(key));
            }
            Decision::RetryAfter(key, delay, timer) => {
                let path = self.path_of(key);
                tracing::warn!(child = %path, "its next restart comes in {delay:?}");
                self.timers
                    .push(Reverse((after(Instant::now(), delay), timer, key)));
            }
            Decision::End(end) => {
                self.note_end(&end);
                return Ok(Some(ExitReason::Shutdown));
            }
            Decision::Restart(plan) => {
                self.note_restart(&plan);
                let child = self.path_of(plan.failed);
                let span = spans::restart(&self.process, &child, plan.count);
                let retry = spans::within(span, self.restart(plan)).await?;
                return Box::pin(self.act(retry)).await;
            }
        }
        Ok(None)
    }

    async fn restart(&mut self, plan: Plan) -> Result<Decision, Killed> {
        for key in plan.stop {
            self.stop_child(key).await?;
            self.state.on_stopped(key);
        }
        for key in plan.start {
            match self.launch(key).await? {
                Launch::Started(process) => self.state.on_started(key, process, Instant::now),
                Launch::Ignored => self.state.retire(key),
                Launch::Failed(reason) => {
                    return Ok(self.state.on_restart_failed(key, reason, Instant::now()));
                }
            }
        }
        Ok(Decision::Stay)
    }

    /// Stops a child by its policy, if it runs. What to think of it then is the caller's.
    pub(super) async fn stop_child(&mut self, key: Key) -> Result<(), Killed> {
        let Some(record) = self.state.children.get(key) else {
            return Ok(());
        };
        let Some(process) = record.process().cloned() else {
            return Ok(());
        };
        let shutdown = record.spec.settings.shutdown;
        let stopped = stop(&process, shutdown, &mut self.alarm);
        if or_killed(&self.process, stopped).await? == Stopped::Stuck {
            self.log.add_stuck(process);
        }
        Ok(())
    }

    /// Stops all children: one after the other in reverse order, instances at once.
    async fn stop_all(&mut self) -> Result<(), Killed> {
        self.process.end();
        if self.state.is_dynamic() {
            let running = self.running();
            return self
                .or_killed(stop_together(running, Farewell::Shutdown, &self.log))
                .await;
        }
        let keys: Vec<_> = self
            .state
            .children
            .iter()
            .rev()
            .map(|(key, _)| key)
            .collect();
        for key in keys {
            self.stop_child(key).await?;
            self.state.on_stopped(key);
        }
        Ok(())
    }

    /// Takes all children along after a kill.
    async fn disband(&mut self) {
        let running = self.running();
        stop_together(running, Farewell::Killed, &self.log).await;
    }

    fn running(&self) -> Vec<(Arc<Process>, Shutdown)> {
        let children = self.state.children.iter().filter_map(|(_, record)| {
            Some((record.process()?.clone(), record.spec.settings.shutdown))
        });
        children.chain(self.starting.clone()).collect()
    }

    /// Gives up what will not come back with the next incarnation.
    fn leave(&mut self) {
        for (_, record) in self.state.children.iter() {
            if record.origin == Origin::Added {
                record.carry.abandon();
            }
        }
        // Nobody is left whom the destructor would have to tell.
        self.starting = None;
        self.state.children = super::children::Children::default();
    }

    pub(super) async fn or_killed<T>(&self, work: impl Future<Output = T>) -> Result<T, Killed> {
        or_killed(&self.process, work).await
    }

    fn path_of(&self, key: Key) -> Arc<str> {
        match self.state.children.get(key) {
            Some(record) => self.child_path(record.spec.id()),
            None => self.process.path().clone(),
        }
    }

    /// What tells an instance of a dynamic supervisor from the others.
    fn key_of<'a>(&self, id: &'a str) -> Option<&'a str> {
        self.state.is_dynamic().then_some(id)
    }

    fn note_restart(&self, plan: &Plan) {
        let Some(record) = self.state.children.get(plan.failed) else {
            return;
        };
        let (path, reason) = (self.path_of(plan.failed), record.reason.clone());
        self.log.note(path.clone(), reason.clone(), plan.count);
        telemetry::restarting(&Restarting {
            supervisor: &self.process,
            child: &path,
            key: self.key_of(record.spec.id()),
            reason: &reason,
            count: plan.count,
            intensity: self.state.intensity(),
            others: plan.stop.len(),
        });
    }

    fn note_end(&self, end: &End) {
        match end {
            End::Intensity { child, reason } => telemetry::gives_up(&GiveUp {
                supervisor: &self.process,
                child: &self.child_path(child),
                key: self.key_of(child),
                reason,
                intensity: self.state.intensity(),
            }),
            End::AutoShutdown => {
                self.process.finish_work();
                let supervisor = self.process.path();
                tracing::info!(%supervisor, "its significant children have ended: shutting down");
            }
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // The runtime went away, or a bug of ours: at least nobody is orphaned.
        for (process, _) in self.running() {
            process.stop(ExitReason::Killed);
        }
    }
}
