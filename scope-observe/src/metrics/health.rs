//! The families of the last report, without who is gone since: health, memory, the children of
//! supervisors.

use std::borrow::Cow;
use std::collections::BTreeMap;

use prometheus_client::registry::Unit;
use scope_runtime::Health;

use super::family::{Family, Labels};
use super::services::level;
use crate::health::Report;
use crate::health::children::{self, Children};
use crate::health::findings::{self, Finding};
use crate::labels;

/// The words of the label.
const STATUSES: [(Health, &str); 3] = [
    (Health::Healthy, "healthy"),
    (Health::Degraded, "degraded"),
    (Health::Unhealthy, "unhealthy"),
];

pub(super) fn families(report: &Report) -> Vec<Family> {
    let found = findings::now(&report.services);
    let (status, memory) = services(&found);
    let children = children(&children::now(report, &found));
    vec![status, memory, children]
}

/// What the instances of a service say together.
#[derive(Debug, Default)]
struct Together {
    worst: Health,
    memory: Option<u64>,
}

fn services(found: &[Finding]) -> (Family, Family) {
    let mut services: BTreeMap<(Cow<'static, str>, &str), Together> = BTreeMap::new();
    for finding in found {
        // A supervisor that does not answer is no service.
        let Some(service) = finding.service() else {
            continue;
        };
        let name = (labels::namespace(&finding.namespace), service);
        services.entry(name).or_default().add(finding);
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
    fn add(&mut self, finding: &Finding) {
        self.worst = self.worst.max(finding.status);
        let report = finding.report.as_ref().ok();
        if let Some(bytes) = report.and_then(|report| report.memory) {
            *self.memory.get_or_insert_default() += bytes;
        }
    }
}

fn children(found: &[Children]) -> Family {
    let mut sums: BTreeMap<String, [(&str, usize); 3]> = BTreeMap::new();
    for found in found {
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
