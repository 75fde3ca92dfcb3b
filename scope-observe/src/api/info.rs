//! `/api/v1/info`: what runs.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use scope_runtime::Namespace;
use serde::{Deserialize, Serialize};

use crate::metrics::process;
use crate::query::Pairs;
use crate::settings::Actions;
use crate::{Observer, Problem};

/// What runs here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Info {
    /// Which program.
    pub service_id: String,
    /// Which release of it; empty if nobody said.
    pub release_id: String,
    /// The version of Scope.
    pub scope_version: String,
    /// The number of the process.
    pub process_id: u32,
    /// When the observer began.
    pub observed_since: String,
    /// For how many seconds the process runs.
    pub uptime_seconds: Option<u64>,
    /// The bytes it has in memory.
    pub resident_memory_bytes: Option<u64>,
    /// How many namespaces there are.
    pub namespaces: usize,
    /// How many processes of Scope live: services, supervisors and tasks.
    pub processes: usize,
    /// The tasks of the tokio runtime.
    pub tasks: usize,
    /// Its worker threads.
    pub workers: usize,
    /// Whether services may be restarted, stopped, suspended and resumed.
    pub allow_actions: bool,
}

pub(crate) async fn info(
    State(observer): State<Observer>,
    query: Pairs,
) -> Result<Json<Info>, Problem> {
    query.end()?;
    let figures = process::figures();
    let settings = observer.settings();
    let namespaces = Namespace::all();
    let now = Duration::try_from(Timestamp::now().duration_since(Timestamp::UNIX_EPOCH));
    let uptime = |started: u64| Some(now.ok()?.as_secs().saturating_sub(started));
    Ok(Json(Info {
        service_id: settings.service_id.clone(),
        release_id: settings.release.clone(),
        scope_version: env!("CARGO_PKG_VERSION").to_owned(),
        process_id: std::process::id(),
        observed_since: format!("{:.3}", observer.since()),
        uptime_seconds: figures.and_then(|figures| uptime(figures.started)),
        resident_memory_bytes: figures.map(|figures| figures.resident),
        processes: namespaces.iter().map(Namespace::process_count).sum(),
        namespaces: namespaces.len(),
        tasks: observer.runtime().num_alive_tasks(),
        workers: observer.runtime().num_workers(),
        allow_actions: settings.actions == Actions::Allowed,
    }))
}
