//! Health as clients read it: `application/health+json`, or a line for each check.

use std::collections::BTreeMap;
use std::fmt::Write;

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use scope_runtime::Health;
use serde::{Deserialize, Serialize};

/// How something is, in the words of the format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Healthy.
    #[default]
    Pass,
    /// Degraded: it serves.
    Warn,
    /// Unhealthy, or not there.
    Fail,
}

impl From<Health> for Status {
    fn from(health: Health) -> Self {
        match health {
            Health::Healthy => Self::Pass,
            Health::Degraded => Self::Warn,
            Health::Unhealthy => Self::Fail,
        }
    }
}

/// What `/health` and the probes answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HealthDocument {
    /// The worst of the checks.
    pub status: Status,
    /// The version of the format.
    pub version: String,
    /// Which release of the program runs, if somebody said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub release_id: String,
    /// Which program runs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub service_id: String,
    /// By `service:check`, each of the service's instances; empty for clients that see no details.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<String, Vec<Check>>,
}

/// What came of one check of one component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Check {
    /// Its namespace and its place in the tree.
    pub component_id: String,
    /// `component` for a service, `system` for a tree.
    pub component_type: String,
    /// What the check says.
    pub status: Status,
    /// What was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_value: Option<f64>,
    /// In which unit: `s` or `bytes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_unit: Option<String>,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// When the report was made.
    pub time: String,
    /// Whether its failure makes the whole fail.
    pub critical: bool,
}

/// Checks with their names, before they are a document.
pub(crate) type Checks = Vec<(String, Check)>;

impl HealthDocument {
    pub(crate) fn of(checks: Checks) -> Self {
        let worst = checks.iter().map(|(_, check)| check.status).max();
        let mut document = Self {
            status: worst.unwrap_or_default(),
            version: "1".to_owned(),
            ..Self::default()
        };
        for (name, check) in checks {
            document.checks.entry(name).or_default().push(check);
        }
        document
    }

    /// 503 if it fails.
    pub(crate) fn code(&self) -> StatusCode {
        match self.status {
            Status::Pass | Status::Warn => StatusCode::OK,
            Status::Fail => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// A line for each check, and one for the whole.
    pub(crate) fn lines(&self) -> String {
        let mut text = String::new();
        for (name, checks) in &self.checks {
            for check in checks {
                let (mark, word) = match check.status {
                    Status::Pass => ("+", "ok"),
                    Status::Warn => ("~", "warning"),
                    Status::Fail => ("-", "failed"),
                };
                let output = check.output.as_deref().unwrap_or_default();
                let colon = if output.is_empty() { "" } else { ": " };
                // A check's text may have lines of its own.
                let output = output.replace(['\n', '\r'], "; ");
                // Writing to a string does not fail.
                let _written = writeln!(
                    text,
                    "[{mark}] {name} {}: {word}{colon}{output}",
                    check.component_id
                );
            }
        }
        text + match self.status {
            Status::Pass => "passed\n",
            Status::Warn => "passed with warnings\n",
            Status::Fail => "failed\n",
        }
    }
}

impl IntoResponse for HealthDocument {
    fn into_response(self) -> Response {
        let mut response = (self.code(), Json(self)).into_response();
        let json = HeaderValue::from_static("application/health+json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    }
}
