//! The decisions of a supervisor: pure, without tasks or clocks.

use std::time::Duration;

use crate::carry::Carry;
use crate::child_spec::{ChildSettings, ChildType, Restart};
use crate::exit::ExitReason;
use crate::joined::numbered;
use crate::pid::Pid;
use crate::process::Process;
use crate::rt::{Arc, Instant};

use super::children::{Children, Key, Origin, Record, Retry, Status};
use super::error::{SpecError, SupervisorError};
use super::info::ChildCounts;
use super::intensity::{Intensity, Window};
use super::spec::{Kind, SupervisorSpec, check_child};
use super::strategy::{AutoShutdown, Strategy};

/// What follows from an event.
#[derive(Debug)]
pub(super) enum Decision {
    /// Nothing.
    Stay,
    /// Another attempt to restart the child, at the end of the queue.
    RetryNext(Key),
    /// Another attempt to restart the child after a delay; the timer's number is in its status.
    RetryAfter(Key, Duration, u64),
    /// This has to be done now.
    Restart(Plan),
    /// The supervisor ends.
    End(End),
}

/// Why a supervisor ends by itself.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// One restart too many.
    Intensity { child: Arc<str>, reason: ExitReason },
    /// Its significant children have ended.
    AutoShutdown,
}

/// A restart: whom to stop, and then whom to start, each in order and one by one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The child that failed.
    pub(super) failed: Key,
    /// The restarts within the period, with this one.
    pub(super) count: u32,
    pub(super) stop: Vec<Key>,
    pub(super) start: Vec<Key>,
}

/// What to do about a request for a keyed child.
#[derive(Debug)]
pub(super) enum Keyed {
    Runs(Pid),
    Start(Key),
}

pub(super) struct State {
    kind: Kind,
    auto_shutdown: AutoShutdown,
    window: Window,
    timers: u64,
    pub(super) children: Children,
}

impl State {
    /// The state of a validated spec; `carry` gives each child what its predecessor left.
    pub(super) fn new(spec: SupervisorSpec, carry: impl Fn(&Arc<str>) -> Carry) -> Self {
        let mut children = Children::default();
        for child in spec.children {
            let kept = carry(child.shared_id());
            children.insert(Box::new(Record::new(child, kept, Origin::Declared)));
        }
        Self {
            kind: spec.kind,
            auto_shutdown: spec.auto_shutdown,
            window: Window::new(spec.intensity),
            timers: 0,
            children,
        }
    }

    pub(super) fn intensity(&self) -> Intensity {
        self.window.intensity()
    }

    pub(super) fn is_dynamic(&self) -> bool {
        matches!(self.kind, Kind::Dynamic { .. })
    }

    /// A child has ended by itself. The time is asked for where it matters: a clock costs more than a decision.
    pub(super) fn on_exit(
        &mut self,
        key: Key,
        process: u64,
        reason: &ExitReason,
        now: impl FnOnce() -> Instant,
    ) -> Decision {
        let Some(record) = self.children.get_mut(key) else {
            return Decision::Stay;
        };
        let passivated = match record.process() {
            Some(running) if running.id() == process => running.is_passivated(),
            // It was stopped, or has a successor.
            _ => return Decision::Stay,
        };
        if passivated {
            // Its queue waits for a successor: not handed back.
            self.children.remove(key);
            return Decision::Stay;
        }
        record.reason = reason.clone();
        let settings = record.spec.settings.clone();
        let restart = match settings.restart {
            Restart::Permanent => true,
            Restart::Transient => !reason.is_clean(),
            Restart::Temporary => false,
        };
        if !restart {
            self.retire(key);
            return self.on_retired(&settings);
        }
        let now = now();
        match self.delay(key, now) {
            Some(delay) => self.retry_after(key, delay),
            None => self.restart(key, now),
        }
    }

    /// The turn of a retry has come, from the queue or from a timer.
    pub(super) fn on_retry(&mut self, key: Key, timer: Option<u64>, now: Instant) -> Decision {
        match self.children.get(key).map(Record::status) {
            Some(Status::Restarting(retry)) if retry.timer == timer => self.restart(key, now),
            _ => Decision::Stay,
        }
    }

    fn on_retired(&self, settings: &ChildSettings) -> Decision {
        let ends = match self.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => settings.significant,
            AutoShutdown::AllSignificant => {
                settings.significant && !self.children.any_significant()
            }
        };
        if ends {
            Decision::End(End::AutoShutdown)
        } else {
            Decision::Stay
        }
    }

    fn restart(&mut self, failed: Key, now: Instant) -> Decision {
        let admitted = self.window.admit(now);
        let Some(record) = self.children.get(failed) else {
            return Decision::Stay;
        };
        let Some(count) = admitted else {
            let end = End::Intensity {
                child: record.spec.shared_id().clone(),
                reason: record.reason.clone(),
            };
            self.children.set(failed, Status::Down);
            return Decision::End(end);
        };
        let first = match self.kind {
            Kind::Static(Strategy::OneForAll) => 0,
            Kind::Static(Strategy::RestForOne) => failed,
            Kind::Static(Strategy::OneForOne) | Kind::Dynamic { .. } => {
                self.set_restarting(failed, None);
                return Decision::Restart(Plan {
                    failed,
                    count,
                    stop: vec![],
                    start: vec![failed],
                });
            }
        };
        Decision::Restart(self.plan_group(failed, count, first))
    }

    /// Plans the restart of all children from `first` on.
    fn plan_group(&mut self, failed: Key, count: u32, first: Key) -> Plan {
        self.children.set(failed, Status::Down);
        let (mut stop, mut start, mut called_off) = (Vec::new(), Vec::new(), Vec::new());
        for (key, record) in self.children.from(first) {
            match record.status() {
                Status::Running(_) => stop.push(key),
                // It is started with its group; if another member fails first, it is down.
                Status::Restarting(_) => called_off.push(key),
                Status::Down => {}
            }
            if record.spec.settings.restart != Restart::Temporary {
                start.push(key);
            }
        }
        for key in called_off {
            self.children.set(key, Status::Down);
        }
        stop.reverse();
        Plan {
            failed,
            count,
            stop,
            start,
        }
    }

    /// A child was stopped because its group is restarted.
    pub(super) fn on_stopped(&mut self, key: Key) {
        let restart = self
            .children
            .get(key)
            .map(|record| record.spec.settings.restart);
        if restart == Some(Restart::Temporary) {
            self.forget(key);
        } else {
            self.children.set(key, Status::Down);
        }
    }

    /// A member of a group that will be started again is still counted as restarting.
    pub(super) fn on_started(
        &mut self,
        key: Key,
        process: Arc<Process>,
        now: impl FnOnce() -> Instant,
    ) {
        #[cfg(feature = "retry")]
        if let Some(delays) = self
            .children
            .get_mut(key)
            .and_then(|record| record.delays.as_mut())
        {
            delays.on_started(now());
        }
        #[cfg(not(feature = "retry"))]
        drop(now);
        self.children.set(key, Status::Running(process));
    }

    /// An automatic restart failed: one more attempt will follow.
    pub(super) fn on_restart_failed(
        &mut self,
        key: Key,
        reason: ExitReason,
        now: Instant,
    ) -> Decision {
        let Some(record) = self.children.get_mut(key) else {
            return Decision::Stay;
        };
        record.reason = reason;
        if let Some(delay) = self.delay(key, now) {
            return self.retry_after(key, delay);
        }
        self.set_restarting(key, None);
        Decision::RetryNext(key)
    }

    fn retry_after(&mut self, key: Key, delay: Duration) -> Decision {
        self.timers += 1;
        let timer = self.timers;
        self.set_restarting(key, Some(timer));
        Decision::RetryAfter(key, delay, timer)
    }

    fn set_restarting(&mut self, key: Key, timer: Option<u64>) {
        let last = match self.children.get(key).map(Record::status) {
            Some(Status::Running(process)) => Some(process.id()),
            Some(Status::Restarting(retry)) => retry.last,
            Some(Status::Down) | None => None,
        };
        let last = last.filter(|_| self.is_dynamic());
        self.children
            .set(key, Status::Restarting(Box::new(Retry { last, timer })));
    }

    #[cfg(feature = "retry")]
    fn delay(&mut self, key: Key, now: Instant) -> Option<Duration> {
        Some(self.children.get_mut(key)?.delays.as_mut()?.next(now))
    }

    #[cfg(not(feature = "retry"))]
    #[expect(clippy::unused_self, reason = "the same as with the feature")]
    fn delay(&mut self, _: Key, _: Instant) -> Option<Duration> {
        None
    }

    /// The child has no process any more, and none will come by itself.
    pub(super) fn retire(&mut self, key: Key) {
        let Some(record) = self.children.get(key) else {
            return;
        };
        let cancelled = matches!(record.status(), Status::Restarting(_));
        if self.is_dynamic() || record.spec.settings.restart == Restart::Temporary {
            if let Some(record) = self.children.remove(key) {
                record.carry.dismiss();
            }
            return;
        }
        record.carry.abandon();
        self.children.set(key, Status::Down);
        if cancelled {
            // Members of its group that would have been started after it stay down, too.
            for (_, record) in self.children.from(key) {
                if matches!(record.status(), Status::Down) {
                    record.carry.abandon();
                }
            }
        }
    }

    /// Removes the child and its spec.
    pub(super) fn forget(&mut self, key: Key) {
        if let Some(record) = self.children.remove(key) {
            record.carry.abandon();
        }
    }

    /// Adds a child that a request wants started.
    pub(super) fn add(&mut self, mut record: Box<Record>) -> Result<Key, SupervisorError> {
        let spec = &mut record.spec;
        if self.is_dynamic() {
            let number = self.children.next_key();
            spec.rename(numbered(&[spec.id(), "-"], number));
            return self.add_instance(record);
        }
        check_child(spec, self.auto_shutdown)?;
        if let Some((_, record)) = self.children.by_id(spec.id()) {
            return Err(match record.process() {
                Some(process) => SupervisorError::AlreadyStarted(Pid::new(process.clone())),
                None => SupervisorError::AlreadyPresent,
            });
        }
        Ok(self.children.insert(record))
    }

    fn add_instance(&mut self, record: Box<Record>) -> Result<Key, SupervisorError> {
        let Kind::Dynamic { max_children } = self.kind else {
            return Err(SupervisorError::Dynamic);
        };
        if record.spec.settings.significant {
            let id = record.spec.shared_id().clone();
            return Err(SpecError::SignificantWithoutAutoShutdown(id).into());
        }
        if max_children.is_some_and(|most| self.children.len() >= most) {
            return Err(SupervisorError::MaxChildren);
        }
        Ok(self.children.insert(record))
    }

    /// The process of this id, if it is about to end or has ended, and its exit is still to come.
    pub(super) fn ending(&self, id: &str) -> Option<Arc<Process>> {
        let (_, record) = self.children.by_id(id)?;
        let process = record.process()?;
        (process.is_passivated() || process.is_ending()).then(|| process.clone())
    }

    /// Finds the instance with this id, or adds it.
    pub(super) fn keyed(
        &mut self,
        id: Arc<str>,
        mut record: Box<Record>,
    ) -> Result<Keyed, SupervisorError> {
        let Some((_, record)) = self.children.by_id(&id) else {
            record.spec.rename(id);
            return self.add_instance(record).map(Keyed::Start);
        };
        match record.status() {
            Status::Running(process) => Ok(Keyed::Runs(Pid::new(process.clone()))),
            Status::Restarting(_) | Status::Down => {
                record.carry.await_restart();
                Err(SupervisorError::Restarting)
            }
        }
    }

    /// The instance with this id: it runs, or is being restarted.
    pub(super) fn to_stop_keyed(&self, id: &str) -> Option<Key> {
        let (key, _) = self.children.by_id(id)?;
        self.is_dynamic().then_some(key)
    }

    /// The child that a request wants started again.
    pub(super) fn to_restart(&self, id: &str) -> Result<Key, SupervisorError> {
        self.static_child(id)
            .and_then(|(key, status)| match status {
                Status::Running(_) => Err(SupervisorError::Running),
                Status::Restarting(_) => Err(SupervisorError::Restarting),
                Status::Down => Ok(key),
            })
    }

    /// The child that a request wants stopped and started anew.
    pub(super) fn to_restart_process(&self, pid: &Pid) -> Result<Key, SupervisorError> {
        let found = self.children.by_pid(pid);
        let (key, record) = found.ok_or(SupervisorError::NotFound)?;
        if record.process().is_none() {
            return Err(SupervisorError::Restarting);
        }
        if record.spec.settings.restart == Restart::Temporary {
            return Err(SupervisorError::Temporary);
        }
        Ok(key)
    }

    /// Removes the spec of a child without a process.
    pub(super) fn delete(&mut self, id: &str) -> Result<(), SupervisorError> {
        let key = self.to_restart(id)?;
        self.forget(key);
        Ok(())
    }

    /// The child that a request wants terminated.
    pub(super) fn to_terminate(&self, id: &str) -> Result<Key, SupervisorError> {
        self.static_child(id).map(|(key, _)| key)
    }

    fn static_child(&self, id: &str) -> Result<(Key, &Status), SupervisorError> {
        if self.is_dynamic() {
            return Err(SupervisorError::Dynamic);
        }
        let (key, record) = self.children.by_id(id).ok_or(SupervisorError::NotFound)?;
        Ok((key, record.status()))
    }

    /// The instance that a request wants terminated; `None` if it is gone already.
    pub(super) fn to_terminate_process(&self, pid: &Pid) -> Result<Option<Key>, SupervisorError> {
        if !self.is_dynamic() {
            return Err(SupervisorError::NotFound);
        }
        match self.children.by_pid(pid) {
            Some((key, _)) => Ok(Some(key)),
            None if pid.is_alive() => Err(SupervisorError::NotFound),
            None => Ok(None),
        }
    }

    pub(super) fn counts(&self) -> ChildCounts {
        let mut counts = ChildCounts::default();
        for (_, record) in self.children.iter() {
            counts.specs += 1;
            // As in OTP: whoever is dead does not count, even while its exit is still queued, but
            // instances may be many and are not looked at.
            let active = record
                .process()
                .is_some_and(|process| self.is_dynamic() || process.is_alive());
            counts.active += usize::from(active);
            match record.spec.settings.child_type {
                ChildType::Worker => counts.workers += 1,
                ChildType::Supervisor => counts.supervisors += 1,
            }
        }
        if self.is_dynamic() {
            counts.specs = 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests;
