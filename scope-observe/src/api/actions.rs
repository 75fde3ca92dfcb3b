//! `POST /api/v1/services/{namespace}/{service}/{restart,stop,suspend,resume}`: changes something,
//! if that is allowed.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use scope_runtime::{Registered, SupervisorError};
use serde::{Deserialize, Serialize};

use super::services::find;
use crate::query::Pairs;
use crate::settings::Actions;
use crate::{Observer, Problem};

/// What was done to a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Done {
    /// `restart`, `stop`, `suspend` or `resume`.
    pub action: String,
    /// The namespace.
    pub namespace: String,
    /// The service, with its key.
    pub service: String,
    /// The incarnation that it was done to; after a restart, the new one, if there is one.
    pub incarnation: Option<u64>,
}

/// Refuses every action, unless they are allowed.
pub(crate) async fn gate(
    State(observer): State<Observer>,
    request: Request,
    next: Next,
) -> Response {
    match observer.settings().actions {
        Actions::Allowed => next.run(request).await,
        Actions::Refused => Problem::forbidden(
            "actions are not allowed here; `allow_actions()` or `SCOPE_ALLOW_ACTIONS=true` allows them",
        )
        .into_response(),
    }
}

type Named = Result<Path<(String, String)>, PathRejection>;

pub(crate) async fn restart(path: Named, query: Pairs) -> Result<Json<Done>, Problem> {
    query.end()?;
    let service = find(path)?;
    tell("restart", &service);
    let pid = service
        .restart()
        .await
        .map_err(|error| refusal(&service, &error))?;
    Ok(done("restart", &service, pid.map(|pid| pid.incarnation())))
}

pub(crate) async fn stop(path: Named, query: Pairs) -> Result<Json<Done>, Problem> {
    query.end()?;
    let service = find(path)?;
    tell("stop", &service);
    let found = service.stop().await;
    answer("stop", &service, found)
}

pub(crate) async fn suspend(path: Named, query: Pairs) -> Result<Json<Done>, Problem> {
    query.end()?;
    let service = find(path)?;
    tell("suspend", &service);
    answer("suspend", &service, service.suspend())
}

pub(crate) async fn resume(path: Named, query: Pairs) -> Result<Json<Done>, Problem> {
    query.end()?;
    let service = find(path)?;
    tell("resume", &service);
    answer("resume", &service, service.resume())
}

/// Who looks into the log has to know that this was somebody's wish.
fn tell(action: &str, service: &Registered) {
    let path = service.pid.path();
    tracing::info!(target: "scope", { scope.actor.id = %path }, "{action} of {path}: a client of the API asked for it");
}

fn answer(action: &str, service: &Registered, found: bool) -> Result<Json<Done>, Problem> {
    if found {
        return Ok(done(action, service, Some(service.pid.incarnation())));
    }
    Err(Problem::not_found(format!("`{service}` has just ended")))
}

fn done(action: &str, service: &Registered, incarnation: Option<u64>) -> Json<Done> {
    Json(Done {
        action: action.to_owned(),
        namespace: service.namespace().to_string(),
        service: service.label(),
        incarnation,
    })
}

fn refusal(service: &Registered, error: &SupervisorError) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        format!("`{service}` can't be restarted: {error}"),
    )
}
