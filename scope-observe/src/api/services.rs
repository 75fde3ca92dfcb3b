//! `/api/v1/services`: every running service, and a close look at one.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use scope_runtime::{Busy, Inspection, MailboxStatus, Namespace, Registered};
use serde::{Deserialize, Serialize};

use super::page::{Cell, Item, Listing, Page};
use crate::health::{Check, Checks, checks};
use crate::query::Pairs;
use crate::visitor::Visitor;
use crate::{Observer, Problem, labels};

/// One running service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServiceItem {
    /// Its namespace.
    pub namespace: String,
    /// Its name, with its key if it has one: `Cart[7]`.
    pub service: String,
    /// Its namespace and its place in the tree.
    pub path: String,
    /// Which incarnation runs.
    pub incarnation: u64,
    /// Messages that wait.
    pub queue_length: usize,
    /// The most that ever waited.
    pub queue_high_water: usize,
    /// How many may wait.
    pub queue_capacity: usize,
}

impl ServiceItem {
    fn of(service: &Registered) -> Self {
        let mailbox = service.mailbox();
        Self {
            namespace: service.namespace().to_string(),
            service: service.label(),
            path: service.pid.path().to_owned(),
            incarnation: service.pid.incarnation(),
            queue_length: mailbox.length,
            queue_high_water: mailbox.high_water,
            queue_capacity: mailbox.capacity,
        }
    }
}

impl Item for ServiceItem {
    const COLUMNS: &'static [&'static str] = &[
        "service",
        "namespace",
        "path",
        "incarnation",
        "queue_length",
    ];

    fn id(&self) -> String {
        format!("{}/{} {}", self.namespace, self.service, self.path)
    }

    fn column(&self, name: &str) -> Cell {
        match name {
            "namespace" => self.namespace.as_str().into(),
            "path" => self.path.as_str().into(),
            "incarnation" => self.incarnation.into(),
            "queue_length" => self.queue_length.into(),
            _ => self.service.as_str().into(),
        }
    }
}

/// A close look at one service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServiceDetails {
    /// What the list says of it.
    #[serde(flatten)]
    pub item: ServiceItem,
    /// The handler that runs.
    pub busy: Option<BusyHandler>,
    /// Whether its messages have to wait.
    pub suspended: bool,
    /// The last messages by name, oldest first; empty without `#[service(debug)]`.
    pub messages: Vec<String>,
    /// Its state; none without `#[service(debug)]`, while it is busy, and for clients that see no
    /// details.
    pub state: Option<String>,
    /// How many linked tasks run; none while it is busy.
    pub links: Option<usize>,
    /// Whom it monitors; none while it is busy.
    pub monitors: Option<Vec<String>>,
    /// Messages that were refused because its mailbox was full.
    pub rejected: u64,
    /// Messages whose caller's time was up.
    pub expired: u64,
    /// Messages that made room for newer ones.
    pub dropped_oldest: u64,
    /// How it was in the last report, by `service:check`; empty for clients that see no details.
    pub checks: BTreeMap<String, Check>,
}

/// The handler that runs, and for how long at least.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BusyHandler {
    /// Its name.
    pub handler: String,
    /// `call`, `cast`, `info`, `every` or `health`.
    pub kind: String,
    /// For how many seconds it runs.
    pub age_seconds: f64,
}

impl BusyHandler {
    fn of(busy: &Busy) -> Self {
        Self {
            handler: busy.handler.name.to_owned(),
            kind: labels::kind(busy.handler.kind).to_owned(),
            age_seconds: busy.age.as_secs_f64(),
        }
    }
}

impl ServiceDetails {
    fn of(item: ServiceItem, look: Inspection, checks: Checks) -> Self {
        let messages = look.messages.iter().map(|it| it.name.to_owned());
        let MailboxStatus { counters, .. } = look.mailbox;
        let (state, links, monitors) = match look.inside {
            Some(inside) => {
                let monitors = inside.monitors.iter().map(ToString::to_string);
                (inside.state, Some(inside.links), Some(monitors.collect()))
            }
            None => (None, None, None),
        };
        Self {
            item,
            busy: look.busy.as_ref().map(BusyHandler::of),
            suspended: look.suspended,
            messages: messages.collect(),
            state,
            links,
            monitors,
            rejected: counters.rejected,
            expired: counters.expired,
            dropped_oldest: counters.dropped_oldest,
            checks: checks.into_iter().collect(),
        }
    }
}

pub(crate) async fn services(
    State(observer): State<Observer>,
    listing: Listing,
) -> Result<Json<Page<ServiceItem>>, Problem> {
    listing.of(&observer, all).await
}

fn all() -> Vec<ServiceItem> {
    let services = Namespace::all().into_iter().flat_map(|it| it.services());
    services.map(|service| ServiceItem::of(&service)).collect()
}

pub(crate) async fn service(
    State(observer): State<Observer>,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Pairs,
    visitor: Visitor,
) -> Result<Json<ServiceDetails>, Problem> {
    query.end()?;
    let service = find(path)?;
    let item = ServiceItem::of(&service);
    let gone = || Problem::not_found(format!("`{}` has just ended", item.service));
    let mut look = service.inspect().await.ok_or_else(gone)?;
    let mut found = Checks::new();
    if visitor.is_trusted() {
        // Not a new one: looking changes nothing.
        let report = observer.program().last();
        found.extend(
            report
                .iter()
                .flat_map(|report| checks::of_path(report, &item.path)),
        );
    } else if let Some(inside) = &mut look.inside {
        inside.state = None;
    }
    Ok(Json(ServiceDetails::of(item, look, found)))
}

/// The running service that a path names.
pub(super) fn find(
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Registered, Problem> {
    let Path((namespace, service)) =
        path.map_err(|error| Problem::bad_request(error.body_text()))?;
    let found = Namespace::find(&namespace)
        .ok_or_else(|| Problem::not_found(format!("there is no namespace `{namespace}`")))?;
    found
        .service(&service)
        .ok_or_else(|| Problem::not_found(format!("no service `{service}` runs in `{namespace}`")))
}
