//! Asks one service how it is.

use std::time::Duration;

use super::memory::process_memory;
use super::{CheckOutcome, CheckReport, Health, HealthCheck, HealthError, HealthReport};
use crate::activity::Busy;
use crate::message::HandlerKind;
use crate::pid::Pid;
use crate::process::{Ask, Process};
use crate::rt::{Arc, Instant, oneshot};
use crate::slot::{Control, MailboxStatus, Slot};
use crate::supervisor::within;
use crate::telemetry;

/// How long a check may take, and how long an answer on the system lane is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The service at this place, bounded in time. Where it is not as it was last time, that is told.
pub(crate) async fn report(slot: Arc<Slot>) -> Result<HealthReport, HealthError> {
    let report = look(&slot).await?;
    if let Some(before) = slot.health.note(report.status) {
        telemetry::health_changed(slot.spec(), before, &report);
    }
    Ok(report)
}

/// First a sign of life, then one check after the other.
async fn look(slot: &Slot) -> Result<HealthReport, HealthError> {
    let began = Instant::now();
    let process = slot.occupant().ok_or(HealthError::ServiceUnavailable)?;
    let busy = process.activity().now();
    let own = slot.spec().service.checks;
    let limit = match own.iter().map(|check| check.timeout).max() {
        Some(limit) => limit,
        // It has nothing to say that is worth waiting for.
        None if busy.is_some() => Duration::ZERO,
        None => PATIENCE,
    };
    let (memory, held_up) = match ask(&process, limit, Ask::Memory).await {
        Answer::Got(memory) => (memory, None),
        Answer::Busy(busy) => (None, Some(busy)),
        Answer::Late => return Err(HealthError::ServiceTimeout(limit)),
        Answer::Gone => return Err(HealthError::ServiceUnavailable),
    };
    let mut held = Vec::with_capacity(own.len());
    for check in own {
        let asked = Instant::now();
        let outcome = match held_up {
            Some(busy) => CheckOutcome::Busy(busy),
            None => run(&process, check).await?,
        };
        held.push(check_report(check.name, check.critical, outcome, asked));
    }
    let seen = Seen {
        // What held the checks up may have become worse meanwhile.
        busy: process.activity().now(),
        mailbox: slot.status(),
        restarts: slot.with_control(Control::restarts_within_a_minute),
        suspended: process.is_suspended(),
    };
    let mut checks = seen.checks(slot);
    checks.extend(held);
    let worst = checks.iter().map(|check| check.status).max();
    Ok(HealthReport {
        service: slot.label(),
        namespace: slot.spec().namespace.clone(),
        pid: Pid::new(process),
        status: worst.unwrap_or_default(),
        checks,
        memory,
        mailbox: seen.mailbox,
        restarts: seen.restarts,
        busy,
        took: began.elapsed(),
    })
}

fn check_report(
    name: &'static str,
    critical: bool,
    outcome: CheckOutcome,
    asked: Instant,
) -> CheckReport {
    CheckReport {
        name,
        critical,
        status: outcome.health(critical),
        outcome,
        took: asked.elapsed(),
    }
}

/// One of the service's own checks.
async fn run(process: &Process, check: &'static HealthCheck) -> Result<CheckOutcome, HealthError> {
    let answer = ask(process, check.timeout, |answer| Ask::Check(check, answer));
    match answer.await {
        Answer::Got(outcome) => Ok(outcome),
        Answer::Busy(busy) if is_itself(&busy, check) => Ok(CheckOutcome::TimedOut(check.timeout)),
        Answer::Busy(busy) => Ok(CheckOutcome::Busy(busy)),
        Answer::Late => Ok(CheckOutcome::TimedOut(check.timeout)),
        Answer::Gone => Err(HealthError::ServiceUnavailable),
    }
}

fn is_itself(busy: &Busy, check: &HealthCheck) -> bool {
    busy.handler.kind == HandlerKind::Health && busy.handler.name == check.name
}

/// What came of a question on the system lane.
pub(crate) enum Answer<T> {
    Got(T),
    /// Not in time, because of this.
    Busy(Busy),
    /// Not in time, though nothing runs.
    Late,
    /// It ended.
    Gone,
}

/// Asks a service on its system lane, and waits for the answer no longer than `limit`.
pub(crate) async fn ask<T>(
    process: &Process,
    limit: Duration,
    question: impl FnOnce(oneshot::Sender<T>) -> Ask,
) -> Answer<T> {
    let (sender, answer) = oneshot::channel();
    if !process.ask(question(sender)) {
        return Answer::Gone;
    }
    match within(Some(limit), answer).await {
        Some(Ok(answer)) => Answer::Got(answer),
        Some(Err(_)) => Answer::Gone,
        None => process.activity().now().map_or(Answer::Late, Answer::Busy),
    }
}

/// What everybody can see of a service.
struct Seen {
    busy: Option<Busy>,
    mailbox: MailboxStatus,
    restarts: usize,
    suspended: bool,
}

impl Seen {
    /// The automatic checks.
    fn checks(&self, slot: &Slot) -> Vec<CheckReport> {
        let limits = slot.spec().options().health;
        let MailboxStatus {
            length, capacity, ..
        } = self.mailbox;
        let queue = (length >= limits.messages(capacity))
            .then(|| format!("{length} of {capacity} messages wait"));
        let stuck = self.busy.filter(|busy| busy.age >= limits.stuck);
        let restarts = (self.restarts >= limits.restarts)
            .then(|| format!("{} restarts within a minute", self.restarts));
        let suspended = self.suspended.then(|| "no message is served".to_owned());
        let mut checks = vec![
            automatic("queue", false, queue),
            automatic("stuck", true, stuck.map(|busy| busy.to_string())),
            automatic("restarts", false, restarts),
            automatic("suspended", true, suspended),
        ];
        checks.extend(limits.process_memory.and_then(check_memory));
        checks
    }
}

/// Nothing, where nobody knows what the process uses.
fn check_memory(limit: u64) -> Option<CheckReport> {
    let used = process_memory()?;
    let found = (used > limit).then(|| {
        format!(
            "the process uses {:.1} MiB, more than {:.1} MiB",
            mebibytes(used),
            mebibytes(limit)
        )
    });
    Some(automatic("process_memory", false, found))
}

#[expect(clippy::cast_precision_loss, reason = "it is shown with one digit")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn automatic(name: &'static str, critical: bool, found: Option<String>) -> CheckReport {
    let outcome = found.map_or(CheckOutcome::Passed, |text| {
        CheckOutcome::Failed(text.into())
    });
    CheckReport {
        name,
        critical,
        status: outcome.health(critical),
        outcome,
        took: Duration::ZERO,
    }
}

impl Health {
    /// How a service is of which this is the report.
    pub(super) fn of(result: &Result<HealthReport, HealthError>) -> Self {
        result
            .as_ref()
            .map_or(Self::Unhealthy, |report| report.status)
    }
}
