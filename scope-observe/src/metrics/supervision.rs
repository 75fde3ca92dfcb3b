//! The families of supervisors: what they did to their children, counted from events.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use scope_runtime::telemetry::{self, Attached, Event};

use super::family::{Family, Labels};
use crate::labels;
use crate::lock::lock;

/// Any instance of a dynamic supervisor: their keys are data.
const INSTANCE: &str = "*";

/// Counts restarts and give-ups.
#[derive(Debug)]
pub(crate) struct Supervision {
    counts: Arc<Mutex<Counts>>,
    _attached: Attached,
}

#[derive(Debug, Default)]
struct Counts {
    restarts: BTreeMap<Labels, u64>,
    giveups: BTreeMap<Labels, u64>,
}

impl Supervision {
    pub(crate) fn new() -> Self {
        let counts = Arc::new(Mutex::new(Counts::default()));
        let counter = counts.clone();
        let attached = telemetry::attach("scope.supervisor", move |event| {
            let mut counts = lock(&counter);
            match event.name {
                "scope.supervisor.restart" => count(&mut counts.restarts, event),
                "scope.supervisor.giveup" => count(&mut counts.giveups, event),
                _ => {}
            }
        });
        Self {
            counts,
            _attached: attached,
        }
    }

    pub(super) fn families(&self) -> Vec<Family> {
        let counts = lock(&self.counts);
        let family = |name, help, counted: &BTreeMap<Labels, u64>| {
            let mut family = Family::counter(name, help);
            for (labels, count) in counted {
                family.count(labels.clone(), *count);
            }
            family
        };
        vec![
            family(
                "scope_supervisor_restarts",
                "Restarts of children",
                &counts.restarts,
            ),
            family(
                "scope_supervisor_giveups",
                "Supervisors that gave up",
                &counts.giveups,
            ),
        ]
    }
}

fn count(counts: &mut BTreeMap<Labels, u64>, event: &Event<'_>) {
    let about = &event.metadata;
    let (Some(namespace), Some(supervisor)) = (about.namespace, about.supervisor) else {
        return;
    };
    let reason = labels::reason(about.reason);
    let child = about.child.unwrap_or_default();
    let child = child.strip_prefix(supervisor).unwrap_or(child);
    let child = about.key.map_or(child, |_| INSTANCE);
    let series = |supervisor: String, child: &str| {
        let labels = Labels::default().with("supervisor", supervisor);
        let labels = labels.with("child", child.trim_start_matches('/').to_owned());
        labels.with("reason", reason)
    };
    let mut labels = series(labels::path(namespace, supervisor), child);
    if counts.len() >= labels::SUPERVISORS && !counts.contains_key(&labels) {
        labels = series(labels::OTHER.to_owned(), labels::OTHER);
    }
    *counts.entry(labels).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use scope_runtime::{ExitReason, Namespace};

    use super::*;

    #[test]
    fn names_and_keys_make_no_end_of_series() {
        let (namespace, reason) = (Namespace::tenant("acme"), ExitReason::Killed);
        let mut counts = BTreeMap::new();
        let mut restart = |supervisor: &str, key: Option<&str>| {
            let child = format!("{supervisor}/{}", key.unwrap_or("till"));
            let mut event = Event::new("scope.supervisor.restart");
            event.metadata.namespace = Some(&namespace);
            event.metadata.supervisor = Some(supervisor);
            event.metadata.child = Some(&child);
            event.metadata.key = key;
            event.metadata.reason = Some(&reason);
            count(&mut counts, &event);
            counts.len()
        };
        assert_eq!(restart("tenant:acme/Shop/carts", Some("ada")), 1);
        assert_eq!(restart("tenant:acme/Shop/carts", Some("bob")), 1);
        for number in 0..2 * labels::SUPERVISORS {
            let all = restart(&format!("tenant:acme/{number}"), None);
            assert!(all <= labels::SUPERVISORS + 1, "{all}");
        }
        let of_carts = Labels::default()
            .with("supervisor", "tenant/Shop/carts")
            .with("child", INSTANCE)
            .with("reason", "killed");
        assert_eq!(counts.get(&of_carts), Some(&2));
        assert_eq!(
            counts.values().sum::<u64>(),
            2 + 2 * labels::SUPERVISORS as u64
        );
    }
}
