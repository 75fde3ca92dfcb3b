//! An event as the API gives it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use scope_runtime::telemetry::{Event, Measurements, Metadata};
use serde::{Deserialize, Serialize};

use crate::labels;

/// An event that was executed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EventRecord {
    /// Its name, such as `scope.service.start`.
    pub name: String,
    /// When it came.
    pub time: String,
    /// What was measured.
    pub measurements: EventMeasures,
    /// What it was about.
    pub metadata: EventAbout,
}

/// What an event measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EventMeasures {
    /// How many seconds it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// How many messages waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_length: Option<usize>,
    /// Bytes that a service says it uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_usage: Option<u64>,
    /// How many of what the event is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// What a program measured besides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<String, f64>,
}

/// What an event was about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EventAbout {
    /// The service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Which incarnation of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incarnation: Option<u64>,
    /// The handler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<EventHandler>,
    /// `ok`, or the type of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The path of the supervisor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<String>,
    /// The path of its child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<String>,
    /// Why something ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The status before, of a change of health.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The status after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What a program says besides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<String, String>,
}

/// A handler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EventHandler {
    /// Its name.
    pub name: String,
    /// `call`, `cast`, `info`, `every` or `health`.
    pub kind: String,
}

impl EventRecord {
    pub(crate) fn of(event: &Event<'_>) -> Self {
        Self {
            name: event.name.to_owned(),
            time: format!("{:.3}", Timestamp::now()),
            measurements: EventMeasures::of(&event.measurements),
            metadata: EventAbout::of(&event.metadata),
        }
    }
}

impl EventMeasures {
    fn of(measured: &Measurements<'_>) -> Self {
        let more = measured.more.iter();
        Self {
            duration: measured.duration.as_ref().map(Duration::as_secs_f64),
            queue_length: measured.queue_length,
            memory_usage: measured.memory_usage,
            count: measured.count,
            more: more
                .map(|(name, value)| ((*name).to_owned(), *value))
                .collect(),
        }
    }
}

impl EventAbout {
    fn of(about: &Metadata<'_>) -> Self {
        let handler = about.handler.map(|handler| EventHandler {
            name: handler.name.to_owned(),
            kind: labels::kind(handler.kind).to_owned(),
        });
        let more = about.more.iter();
        Self {
            service: about.service.map(str::to_owned),
            key: about.key.map(str::to_owned),
            namespace: about.namespace.map(ToString::to_string),
            incarnation: about.incarnation,
            handler,
            result: about
                .result
                .map(|result| result.err().unwrap_or("ok").to_owned()),
            supervisor: about.supervisor.map(str::to_owned),
            child: about.child.map(str::to_owned),
            reason: about.reason.map(ToString::to_string),
            from: about.from.map(str::to_owned),
            to: about.to.map(str::to_owned),
            more: more
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }
}
