//! The families of the last report: health, memory, the children of supervisors.

use std::borrow::Cow;
use std::collections::BTreeMap;

use prometheus_client::registry::Unit;
use scope_runtime::{Health, HealthReport};

use super::family::{Family, Labels};
use super::services::level;
use crate::health::Report;
use crate::labels;

/// The words of the label.
const STATUSES: [(Health, &str); 3] = [
    (Health::Healthy, "healthy"),
    (Health::Degraded, "degraded"),
    (Health::Unhealthy, "unhealthy"),
];

pub(super) fn families(report: &Report) -> Vec<Family> {
    let (status, memory) = services(report);
    vec![status, memory, children(report)]
}

/// What the instances of a service say together.
#[derive(Debug, Default)]
struct Together {
    worst: Health,
    memory: Option<u64>,
}

fn services(report: &Report) -> (Family, Family) {
    let mut services: BTreeMap<(Cow<'static, str>, &str), Together> = BTreeMap::new();
    let reports = report.services.iter();
    for report in reports.filter_map(|service| service.report.as_ref().ok()) {
        let name = (labels::namespace(&report.namespace), service_of(report));
        services.entry(name).or_default().add(report);
    }
    let mut status = Family::gauge("scope_health_status", "1 for the status of the service");
    let mut memory = Family::gauge(
        "scope_service_memory",
        "Memory that the service says it uses",
    )
    .unit(Unit::Bytes);
    for ((namespace, service), together) in services {
        let labels = Labels::default().with("service", service.to_owned());
        let labels = labels.with("namespace", namespace);
        for (health, word) in STATUSES {
            let is_it = usize::from(together.worst == health);
            status.level(labels.clone().with("status", word), level(is_it));
        }
        if let Some(bytes) = together.memory {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            memory.level(labels, level(bytes));
        }
    }
    (status, memory)
}

impl Together {
    fn add(&mut self, report: &HealthReport) {
        self.worst = self.worst.max(report.status);
        if let Some(bytes) = report.memory {
            *self.memory.get_or_insert_default() += bytes;
        }
    }
}

/// Without its key.
fn service_of(report: &HealthReport) -> &str {
    report.service.split('[').next().unwrap_or_default()
}

fn children(report: &Report) -> Family {
    let mut sums: BTreeMap<String, [(&str, usize); 3]> = BTreeMap::new();
    for found in &report.children {
        let mut path = labels::path(&found.namespace, &found.supervisor);
        if sums.len() >= labels::SUPERVISORS && !sums.contains_key(&path) {
            labels::OTHER.clone_into(&mut path);
        }
        let sums =
            sums.entry(path)
                .or_insert([("running", 0), ("restarting", 0), ("undefined", 0)]);
        let counts = [found.running, found.restarting, found.undefined];
        for ((_, sum), count) in sums.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    let mut family = Family::gauge("scope_supervisor_children", "Children by what they do");
    for (supervisor, sums) in sums {
        for (state, count) in sums {
            let labels = Labels::default().with("supervisor", supervisor.clone());
            family.level(labels.with("state", state), level(count));
        }
    }
    family
}
