//! A service whose health is another one than before: an event and a line in the log.

use crate::health::{Health, HealthReport};
use crate::slot::SlotSpec;

use super::bus::execute;
use super::event::{Event, Metadata};
use super::names;
use super::one_line::OneLine;

/// A report says something else than the last one of this place did.
#[cold]
pub(crate) fn health_changed(spec: &SlotSpec, before: Health, report: &HealthReport) {
    log(report);
    let mut event = Event::new(names::HEALTH_CHANGE).with_duration(report.took);
    event.measurements.queue_length = Some(report.mailbox.length);
    event.measurements.memory_usage = report.memory;
    event.metadata = Metadata::of(spec);
    event.metadata.incarnation = Some(report.pid.incarnation());
    event.metadata.from = Some(before.as_str());
    event.metadata.to = Some(report.status.as_str());
    execute(&event);
}

fn log(report: &HealthReport) {
    let (label, namespace, line) = (&report.service, &report.namespace, OneLine(report));
    match report.status {
        Health::Healthy => tracing::info!(
            target: "scope", { scope.service = %label, scope.namespace = %namespace }, "{line} again"
        ),
        Health::Degraded => tracing::warn!(
            target: "scope", { scope.service = %label, scope.namespace = %namespace }, "{line}"
        ),
        Health::Unhealthy => tracing::error!(
            target: "scope", { scope.service = %label, scope.namespace = %namespace }, "{line}"
        ),
    }
}
