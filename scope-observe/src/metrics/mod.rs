//! `/metrics`: what was counted and measured, as Prometheus reads it.

mod buckets;
mod counted;
mod family;
mod health;
mod ledger;
pub(crate) mod process;
mod routes;
mod services;
mod supervision;
mod tokio;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use ::tokio::runtime::RuntimeMetrics;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;

use self::family::{Family, Labels};
use self::ledger::Ledger;
use self::supervision::Supervision;
use crate::health::Board;

pub(crate) use self::routes::{Pages, metrics};

/// Collects all families when somebody scrapes.
#[derive(Debug)]
pub(crate) struct Metrics {
    ledger: Ledger,
    supervision: Supervision,
    board: Arc<Board>,
    runtime: RuntimeMetrics,
}

impl Metrics {
    pub(crate) fn new(board: Arc<Board>, runtime: RuntimeMetrics) -> Self {
        Self {
            ledger: Ledger::new(),
            supervision: Supervision::new(),
            board,
            runtime,
        }
    }

    /// Reads what may be gone by the next scrape.
    pub(crate) fn keep_up(&self) {
        self.ledger.read();
    }

    pub(crate) fn registry(self: &Arc<Self>) -> Registry {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self.clone()));
        registry
    }

    fn families(&self) -> Vec<Family> {
        let totals = self.ledger.read();
        let mut build = Family::info("scope_build", "The version of Scope");
        build.says(Labels::default().with("version", env!("CARGO_PKG_VERSION")));
        let report = self.board.last();
        let mut families = services::families(&totals, SystemTime::now());
        families.extend(services::registry(&totals));
        families.extend(report.iter().flat_map(|report| health::families(report)));
        families.extend(self.supervision.families());
        families.push(build);
        families.extend(process::families());
        families.extend(tokio::families(&self.runtime));
        families
    }
}

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let families = self.families();
        families
            .iter()
            .try_for_each(|family| family.encode(&mut encoder))
    }
}
