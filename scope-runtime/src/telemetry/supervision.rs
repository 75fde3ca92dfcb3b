//! What supervisors do to their children: an event and a line in the log.

use crate::exit::ExitReason;
use crate::process::Process;
use crate::supervisor::Intensity;

use super::bus::execute;
use super::event::{Event, Metadata};
use super::names;
use super::one_line::OneLine;

/// A restart that is about to be tried.
pub(crate) struct Restarting<'a> {
    pub(crate) supervisor: &'a Process,
    /// The path of the child that failed.
    pub(crate) child: &'a str,
    /// What tells it from the other instances of a dynamic supervisor.
    pub(crate) key: Option<&'a str>,
    pub(crate) reason: &'a ExitReason,
    /// The restarts within the period, with this one.
    pub(crate) count: u32,
    pub(crate) intensity: Intensity,
    /// How many other children are restarted with it.
    pub(crate) others: usize,
}

pub(crate) fn restarting(restart: &Restarting<'_>) {
    let Restarting {
        supervisor,
        child,
        count,
        others,
        ..
    } = *restart;
    let (reason, most) = (OneLine(restart.reason), restart.intensity.max_restarts());
    let period = restart.intensity.period();
    let with = match others {
        0 => String::new(),
        1 => " with one other".to_owned(),
        others => format!(" with {others} others"),
    };
    tracing::warn!(
        target: "scope",
        { scope.supervisor = %supervisor.path(), scope.restart.count = count },
        "restarting {child}{with} after {reason} ({count} of {most} restarts in {period:?})"
    );
    let mut event = Event::new(names::SUPERVISOR_RESTART);
    event.measurements.count = Some(count.into());
    event.metadata = of_supervisor(supervisor, child, restart.reason);
    event.metadata.key = restart.key;
    execute(&event);
}

/// The end of a supervisor whose children need too many restarts.
pub(crate) struct GiveUp<'a> {
    pub(crate) supervisor: &'a Process,
    /// The path of the child that failed last.
    pub(crate) child: &'a str,
    /// As in [`Restarting`].
    pub(crate) key: Option<&'a str>,
    pub(crate) reason: &'a ExitReason,
    pub(crate) intensity: Intensity,
}

pub(crate) fn gives_up(end: &GiveUp<'_>) {
    let GiveUp {
        supervisor, child, ..
    } = *end;
    let (reason, most) = (OneLine(end.reason), end.intensity.max_restarts());
    let (path, period) = (supervisor.path(), end.intensity.period());
    let restarts = if most == 1 { "restart" } else { "restarts" };
    tracing::error!(
        target: "scope",
        { scope.supervisor = %path, scope.restart.count = most },
        "{path} gives up: more than {most} {restarts} in {period:?}, the last for {child} after {reason}"
    );
    let mut event = Event::new(names::SUPERVISOR_GIVEUP);
    event.measurements.count = Some(most.into());
    event.metadata = of_supervisor(supervisor, child, end.reason);
    event.metadata.key = end.key;
    execute(&event);
}

fn of_supervisor<'a>(
    supervisor: &'a Process,
    child: &'a str,
    reason: &'a ExitReason,
) -> Metadata<'a> {
    Metadata {
        namespace: Some(supervisor.namespace()),
        supervisor: Some(supervisor.path()),
        child: Some(child),
        reason: Some(reason),
        ..Metadata::default()
    }
}
