//! The families of services: their messages, mailboxes and lives.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use prometheus_client::registry::Unit;

use super::counted::Counted;
use super::family::{Family, Labels};
use super::ledger::{Present, Totals};

pub(super) fn families(totals: &Totals, now: SystemTime) -> Vec<Family> {
    let mut families = Families::new();
    for (name, counted) in &totals.counted {
        families.add_counted(&labels(name), counted);
    }
    for (name, present) in &totals.present {
        families.add_present(&labels(name), present, now);
    }
    let Families {
        messages,
        waits,
        length,
        capacity,
        rejections,
        up,
        start,
    } = families;
    vec![messages, waits, length, capacity, rejections, up, start]
}

fn labels((namespace, service): &(Cow<'static, str>, &'static str)) -> Labels {
    let labels = Labels::default().with("service", *service);
    labels.with("namespace", namespace.clone())
}

/// The families of names.
pub(super) fn registry(totals: &Totals) -> Vec<Family> {
    let mut entries = Family::gauge("scope_registry_entries", "Names under which something runs");
    for (namespace, count) in &totals.registered {
        let labels = Labels::default().with("namespace", namespace.clone());
        entries.level(labels, level(*count));
    }
    let mut lookups = Family::counter("scope_registry_lookups", "Lookups of names");
    for (result, count) in [
        ("hit", totals.lookups.hits),
        ("miss", totals.lookups.misses),
    ] {
        lookups.count(Labels::default().with("result", result), count);
    }
    vec![entries, lookups]
}

struct Families {
    messages: Family,
    waits: Family,
    length: Family,
    capacity: Family,
    rejections: Family,
    up: Family,
    start: Family,
}

impl Families {
    fn new() -> Self {
        Self {
            messages: Family::histogram("scope_message_duration", "How long handlers ran"),
            waits: Family::histogram("scope_mailbox_wait", "How long messages waited"),
            length: Family::gauge("scope_mailbox_messages", "Messages that wait"),
            capacity: Family::gauge("scope_mailbox_capacity", "Messages that may wait"),
            rejections: Family::counter("scope_mailbox_rejections", "Messages not handled"),
            up: Family::gauge(
                "scope_service_up",
                "Instances that run, of services that should",
            ),
            start: Family::gauge(
                "scope_service_start_time",
                "When the youngest instance started, since 1970",
            )
            .unit(Unit::Seconds),
        }
    }

    fn add_counted(&mut self, labels: &Labels, counted: &Counted) {
        for (name, buckets) in &counted.handled {
            let labels = labels.clone().with("kind", name.kind);
            let labels = labels.with("handler", name.handler);
            let labels = labels.with("error_type", name.error_type);
            self.messages.times(labels, *buckets);
        }
        self.waits.times(labels.clone(), counted.waited);
        let rejections = counted.rejections;
        for (reason, count) in [
            ("overloaded", rejections.overloaded),
            ("expired", rejections.expired),
            ("dropped_oldest", rejections.dropped_oldest),
        ] {
            let labels = labels.clone().with("reason", reason);
            self.rejections.count(labels, count);
        }
    }

    fn add_present(&mut self, labels: &Labels, present: &Present, now: SystemTime) {
        self.length.level(labels.clone(), level(present.messages));
        self.capacity.level(labels.clone(), level(present.capacity));
        self.up.level(labels.clone(), level(present.instances));
        if let Some(age) = present.age {
            self.start.level(labels.clone(), started(now, age));
        }
    }
}

/// Unix time, in hundredths of a second: finer, it would not be the same twice.
fn started(now: SystemTime, age: Duration) -> f64 {
    let since = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    (since.saturating_sub(age).as_secs_f64() * 100.0).round() / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "2^53 are enough")]
pub(super) fn level(count: usize) -> f64 {
    count as f64
}
