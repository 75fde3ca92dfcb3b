//! `/api/v1/namespaces`: the namespaces of the program.

use axum::Json;
use axum::extract::State;
use scope_runtime::{Namespace, NamespaceKind};
use serde::{Deserialize, Serialize};

use super::page::{Cell, Item, Listing, Page};
use crate::{Observer, Problem, labels};

/// One namespace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NamespaceItem {
    /// Its name, such as `tenant:acme`.
    pub name: String,
    /// `production`, `test`, `layer` or `tenant`.
    pub kind: String,
    /// How many services run in it.
    pub services: usize,
    /// How many processes live in it: services, supervisors and tasks.
    pub processes: usize,
}

impl NamespaceItem {
    fn of(namespace: &Namespace) -> Self {
        let kind = match namespace.kind() {
            NamespaceKind::Production => "production",
            NamespaceKind::Test(_) => "test",
            NamespaceKind::Layer(_) => "layer",
            NamespaceKind::Tenant(_) => "tenant",
            _ => labels::OTHER,
        };
        Self {
            name: namespace.to_string(),
            kind: kind.to_owned(),
            services: namespace.services().len(),
            processes: namespace.process_count(),
        }
    }
}

impl Item for NamespaceItem {
    const COLUMNS: &'static [&'static str] = &["name", "services", "processes"];

    fn id(&self) -> String {
        self.name.clone()
    }

    fn column(&self, name: &str) -> Cell {
        match name {
            "services" => self.services.into(),
            "processes" => self.processes.into(),
            _ => self.name.as_str().into(),
        }
    }
}

pub(crate) async fn namespaces(
    State(observer): State<Observer>,
    listing: Listing,
) -> Result<Json<Page<NamespaceItem>>, Problem> {
    let collect = || Namespace::all().iter().map(NamespaceItem::of).collect();
    listing.of(&observer, collect).await
}
