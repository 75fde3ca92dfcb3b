//! `/health` and the probes.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::document::{Checks, HealthDocument};
use super::probes;
use crate::query::Pairs;
use crate::visitor::Visitor;
use crate::{Observer, Problem};

/// How an answer about health is to look.
#[derive(Debug)]
struct Form {
    verbose: bool,
    exclude: Vec<String>,
}

impl Form {
    /// A probe's other parameters mean nothing, as with Kubernetes' own.
    fn of(mut query: Pairs) -> Self {
        let verbose = query.take_all("verbose");
        let exclude = query.take_all("exclude");
        Self {
            verbose: verbose.iter().any(|value| value != "false" && value != "0"),
            exclude: exclude
                .iter()
                .flat_map(|it| it.split(','))
                .map(str::to_owned)
                .collect(),
        }
    }

    fn show(&self, mut checks: Checks, visitor: Visitor, observer: &Observer) -> Response {
        checks.retain(|(name, _)| !self.exclude.iter().any(|excluded| names(excluded, name)));
        let mut document = HealthDocument::of(checks);
        document
            .service_id
            .clone_from(&observer.settings().service_id);
        document.release_id.clone_from(&observer.settings().release);
        if !visitor.is_trusted() {
            document.checks.clear();
        }
        if self.verbose {
            return (document.code(), document.lines()).into_response();
        }
        document.into_response()
    }
}

/// Whether `name` means the check `service:check`: in full, by one of its parts.
fn names(name: &str, check: &str) -> bool {
    name == check
        || check
            .split_once(':')
            .is_some_and(|(service, own)| name == service || name == own)
}

pub(crate) async fn health(
    State(observer): State<Observer>,
    query: Pairs,
    visitor: Visitor,
) -> Response {
    let checks = probes::whole(&observer).await;
    Form::of(query).show(checks, visitor, &observer)
}

pub(crate) async fn ready(
    State(observer): State<Observer>,
    query: Pairs,
    visitor: Visitor,
) -> Response {
    let checks = probes::ready(&observer).await;
    Form::of(query).show(checks, visitor, &observer)
}

pub(crate) async fn live(
    State(observer): State<Observer>,
    query: Pairs,
    visitor: Visitor,
) -> Response {
    let checks = probes::live(&observer).await;
    Form::of(query).show(checks, visitor, &observer)
}

pub(crate) async fn started(
    State(observer): State<Observer>,
    query: Pairs,
    visitor: Visitor,
) -> Response {
    let checks = probes::started(&observer);
    Form::of(query).show(checks, visitor, &observer)
}

/// The checks of one name.
pub(crate) async fn check(
    State(observer): State<Observer>,
    path: Result<Path<String>, PathRejection>,
    query: Pairs,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let Path(name) = path.map_err(|error| Problem::bad_request(error.body_text()))?;
    let mut checks = probes::whole(&observer).await;
    checks.retain(|(check, _)| names(&name, check));
    if checks.is_empty() {
        let detail = format!("there is no check `{name}`; `/health` lists them");
        return Err(Problem::not_found(detail));
    }
    Ok(Form::of(query).show(checks, visitor, &observer))
}
