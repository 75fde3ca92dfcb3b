//! What happens to services beside their messages: they start, stop, and are overloaded.

use crate::exit::ExitReason;
use crate::options::Overload;
use crate::process::Process;
use crate::rt::{Arc, Instant};
use crate::slot::{Slot, SlotSpec};

use super::bus::{execute, hears};
use super::event::{Event, Metadata};
use super::names;

impl<'a> Metadata<'a> {
    pub(super) fn of(spec: &'a SlotSpec) -> Self {
        Self {
            service: Some(spec.service.name),
            key: spec.key.as_deref(),
            namespace: Some(&spec.namespace),
            ..Self::default()
        }
    }
}

/// A service has started, `begun` before; [`stopped`] tells of its end, however that comes.
pub(crate) fn started(process: &Arc<Process>, slot: &Arc<Slot>, begun: Instant) {
    let incarnation = process.id();
    if hears() {
        let mut event = Event::new(names::SERVICE_START).with_duration(begun.elapsed());
        event.metadata = Metadata::of(slot.spec());
        event.metadata.incarnation = Some(incarnation);
        execute(&event);
    }
    // Also while nobody listens: somebody may by then.
    process.serves_since(begun);
}

/// A service has ended that had started, `begun` before.
pub(crate) fn stopped(slot: &Slot, incarnation: u64, begun: Instant, reason: &ExitReason) {
    if !hears() {
        return;
    }
    let mut event = Event::new(names::SERVICE_STOP).with_duration(begun.elapsed());
    event.measurements.queue_length = Some(slot.queue.length());
    event.metadata = Metadata::of(slot.spec());
    event.metadata.incarnation = Some(incarnation);
    event.metadata.result = Some(match reason {
        reason if reason.is_clean() => Ok(()),
        reason if reason.is_panic() => Err("panic"),
        _ => Err("exited"),
    });
    event.metadata.reason = Some(reason);
    execute(&event);
}

/// A mailbox was found full, and that is news.
#[cold]
pub(crate) fn overloaded(spec: &SlotSpec, length: usize) {
    let next = match spec.options().overload {
        Overload::Wait => "senders wait for room",
        Overload::Reject => "more are refused",
        Overload::DropOldest => "each new one drops the oldest",
    };
    let (label, capacity) = (spec.label(), spec.options().capacity);
    tracing::warn!(
        target: "scope",
        { scope.service = %label, scope.namespace = %spec.namespace, scope.mailbox.depth = length },
        "{label} is overloaded: its mailbox of {capacity} is full, {next}"
    );
    let mut event = Event::new(names::MAILBOX_OVERLOADED);
    event.measurements.queue_length = Some(length);
    event.metadata = Metadata::of(spec);
    event.metadata.result = Some(Err("overloaded"));
    execute(&event);
}
