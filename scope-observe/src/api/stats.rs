//! `/api/v1/stats`: what the handlers of each service did, and how long it took.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use scope_runtime::Namespace;
use scope_runtime::telemetry::{self, Durations, HandlerStatistics, ServiceStatistics};
use serde::{Deserialize, Serialize};

use super::page::{Cell, Item, Listing, Page};
use crate::{Observer, Problem, labels};

/// The statistics of one service in one namespace: all its instances, now and before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatsItem {
    /// The namespace.
    pub namespace: String,
    /// The service.
    pub service: String,
    /// The module that declares it.
    pub module: String,
    /// How many instances run.
    pub instances: usize,
    /// Messages that were handled.
    pub handled: u64,
    /// Messages that its mailboxes took or refused.
    pub sent: u64,
    /// Messages refused because a mailbox was full.
    pub rejected: u64,
    /// Messages whose caller's time was up.
    pub expired: u64,
    /// Messages that made room for newer ones.
    pub dropped_oldest: u64,
    /// Messages for which nobody was there any more.
    pub undelivered: u64,
    /// Messages that wait.
    pub queue_length: usize,
    /// The most that ever waited in one mailbox.
    pub queue_high_water: usize,
    /// How many may wait.
    pub queue_capacity: usize,
    /// Messages handled per second of the time that it ran.
    pub throughput: f64,
    /// The share of handled messages that did not succeed.
    pub error_rate: f64,
    /// The share of its time in which it ran; none if it never did.
    pub availability: Option<f64>,
    /// How often an incarnation followed another one.
    pub restarts: u64,
    /// For how many seconds the youngest incarnation runs.
    pub age_seconds: Option<f64>,
    /// Its handlers.
    pub handlers: Vec<HandlerItem>,
}

/// The statistics of one handler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HandlerItem {
    /// Its name.
    pub name: String,
    /// `call`, `cast`, `info` or `every`.
    pub kind: String,
    /// How often it returned, and no error.
    pub succeeded: u64,
    /// How often it returned an error.
    pub failed: u64,
    /// How often it panicked.
    pub panicked: u64,
    /// How often it was killed.
    pub killed: u64,
    /// How long messages waited for it.
    pub queued: Times,
    /// How long it ran.
    pub ran: Times,
}

/// How long something took, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Times {
    /// The time that half of them took at most.
    pub p50: f64,
    /// The time that 95 of 100 took at most.
    pub p95: f64,
    /// The time that 99 of 100 took at most.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl StatsItem {
    fn of(namespace: &str, service: &ServiceStatistics) -> Self {
        let counters = &service.counters;
        Self {
            namespace: namespace.to_owned(),
            service: service.service.to_owned(),
            module: service.module.to_owned(),
            instances: service.instances,
            handled: service.handled(),
            sent: service.sent(),
            rejected: counters.rejected,
            expired: counters.expired,
            dropped_oldest: counters.dropped_oldest,
            undelivered: counters.undelivered,
            queue_length: service.length,
            queue_high_water: service.high_water,
            queue_capacity: service.capacity,
            throughput: service.throughput(),
            error_rate: service.error_rate(),
            availability: service.availability(),
            restarts: service.restarts,
            age_seconds: service.age.as_ref().map(Duration::as_secs_f64),
            handlers: service.handlers.iter().map(HandlerItem::of).collect(),
        }
    }
}

impl HandlerItem {
    fn of(handler: &HandlerStatistics) -> Self {
        Self {
            name: handler.handler.name.to_owned(),
            kind: labels::kind(handler.handler.kind).to_owned(),
            succeeded: handler.succeeded,
            failed: handler.failed,
            panicked: handler.panicked,
            killed: handler.killed,
            queued: Times::of(&handler.queued),
            ran: Times::of(&handler.ran),
        }
    }
}

impl Times {
    fn of(durations: &Durations) -> Self {
        Self {
            p50: durations.p50().as_secs_f64(),
            p95: durations.p95().as_secs_f64(),
            p99: durations.p99().as_secs_f64(),
            max: durations.max().as_secs_f64(),
        }
    }
}

impl Item for StatsItem {
    const COLUMNS: &'static [&'static str] = &[
        "service",
        "namespace",
        "handled",
        "throughput",
        "error_rate",
        "restarts",
        "queue_length",
        "age",
    ];

    fn id(&self) -> String {
        // Two services of one name are told apart by their modules.
        format!("{}/{} {}", self.namespace, self.service, self.module)
    }

    fn column(&self, name: &str) -> Cell {
        match name {
            "namespace" => self.namespace.as_str().into(),
            "handled" => self.handled.into(),
            "throughput" => self.throughput.into(),
            "error_rate" => self.error_rate.into(),
            "restarts" => self.restarts.into(),
            "queue_length" => self.queue_length.into(),
            "age" => self.age_seconds.unwrap_or(f64::INFINITY).into(),
            _ => self.service.as_str().into(),
        }
    }
}

pub(crate) async fn stats(
    State(observer): State<Observer>,
    listing: Listing,
) -> Result<Json<Page<StatsItem>>, Problem> {
    listing.of(&observer, all).await
}

fn all() -> Vec<StatsItem> {
    let mut items = Vec::new();
    for namespace in Namespace::all() {
        let name = namespace.to_string();
        let services = telemetry::snapshot(&namespace).services;
        items.extend(services.iter().map(|service| StatsItem::of(&name, service)));
    }
    items
}
