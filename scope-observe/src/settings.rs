//! What an observer is told to do.

use std::time::Duration;

use scope_runtime::Namespace;

use crate::Observer;
use crate::environment::{self, EnvironmentError};

/// How often the services are asked how they are, unless somebody asks.
const HEALTH_INTERVAL: Duration = Duration::from_secs(10);

/// More often it can't be: each report runs every check.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// How long a probe waits for a new report. Kubernetes waits for a second.
const PATIENCE: Duration = Duration::from_millis(800);

/// How many events are kept.
const KEPT_EVENTS: usize = 1024;

/// The events that are kept: none of them comes with each message.
const PREFIXES: [&str; 4] = [
    "scope.service",
    "scope.supervisor",
    "scope.health",
    "scope.mailbox",
];

/// The variable that allows actions.
const ALLOW_ACTIONS: &str = "SCOPE_ALLOW_ACTIONS";

/// Settings of an [`Observer`], see [`Observer::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing is observed before `start`"]
pub struct ObserverBuilder {
    settings: Settings,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) service_id: String,
    pub(crate) release: String,
    /// Those whose trees decide whether the program is ready; production's, if there are none.
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) health_interval: Duration,
    pub(crate) patience: Duration,
    pub(crate) details: Details,
    pub(crate) actions: Actions,
    pub(crate) hosts: Vec<String>,
    pub(crate) prefixes: Vec<Box<str>>,
    pub(crate) kept_events: usize,
}

/// Who sees what the checks say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Details {
    Loopback,
    Always,
}

/// Whether the API may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actions {
    Refused,
    Allowed,
}

impl Settings {
    /// Those whose trees decide whether the program is ready.
    pub(crate) fn deciding(&self) -> Vec<Namespace> {
        if self.namespaces.is_empty() {
            vec![Namespace::production()]
        } else {
            self.namespaces.clone()
        }
    }
}

impl Default for ObserverBuilder {
    fn default() -> Self {
        let program = std::env::current_exe().ok();
        let name = program.as_deref().and_then(|path| path.file_stem());
        let settings = Settings {
            service_id: name.map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            release: String::new(),
            namespaces: Vec::new(),
            health_interval: HEALTH_INTERVAL,
            patience: PATIENCE,
            details: Details::Loopback,
            actions: Actions::Refused,
            hosts: Vec::new(),
            prefixes: PREFIXES.map(Box::from).to_vec(),
            kept_events: KEPT_EVENTS,
        };
        Self { settings }
    }
}

impl ObserverBuilder {
    /// Names the program: `serviceId` in health documents. Default: the name of its file.
    pub fn service_id(mut self, name: impl Into<String>) -> Self {
        self.settings.service_id = name.into();
        self
    }

    /// Says which release of the program runs: `releaseId` in health documents.
    pub fn release(mut self, release: impl Into<String>) -> Self {
        self.settings.release = release.into();
        self
    }

    /// Says whose trees and checks decide whether the program is ready, instead of those of
    /// [`Namespace::production`]; call it again for more.
    pub fn ready_with(mut self, namespace: &Namespace) -> Self {
        self.settings.namespaces.push(namespace.clone());
        self
    }

    /// How often the services are asked how they are, unless somebody asks; 10 s by default,
    /// 100 ms at least.
    pub fn health_interval(mut self, interval: Duration) -> Self {
        self.settings.health_interval = interval.max(SHORTEST_INTERVAL);
        self
    }

    /// How long an answer about health waits for new reports before it gives the last ones; 800 ms
    /// by default.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.settings.patience = patience;
        self
    }

    /// Shows what the checks say, and the states of services, to everybody; otherwise only clients
    /// on this machine see that.
    pub fn show_details_always(mut self) -> Self {
        self.settings.details = Details::Always;
        self
    }

    /// Lets clients of the API restart, stop, suspend and resume services.
    pub fn allow_actions(mut self) -> Self {
        self.settings.actions = Actions::Allowed;
        self
    }

    /// Serves the API also under this host name, without its port. Otherwise a client has to name
    /// an address or `localhost`, so that no web page can reach it.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.settings.hosts.push(host.into());
        self
    }

    /// Keeps events under this prefix, too. By default: `scope.service`, `scope.supervisor`,
    /// `scope.health` and `scope.mailbox`.
    ///
    /// `scope.message` costs each message an event.
    pub fn events(mut self, prefix: impl Into<Box<str>>) -> Self {
        self.settings.prefixes.push(prefix.into());
        self
    }

    /// How many events are kept for clients that come back; 1024 by default.
    pub fn kept_events(mut self, most: usize) -> Self {
        self.settings.kept_events = most.max(1);
        self
    }

    /// Reads what the environment says: `SCOPE_ALLOW_ACTIONS`, and the name of the program in
    /// `OTEL_SERVICE_NAME`.
    ///
    /// # Errors
    /// If `SCOPE_ALLOW_ACTIONS` is neither `true` nor `false`.
    pub fn from_env(mut self) -> Result<Self, EnvironmentError> {
        let actions = std::env::var(ALLOW_ACTIONS).ok();
        match environment::flag(ALLOW_ACTIONS, actions.as_deref())? {
            Some(true) => self.settings.actions = Actions::Allowed,
            Some(false) => self.settings.actions = Actions::Refused,
            None => {}
        }
        if let Ok(name) = std::env::var("OTEL_SERVICE_NAME")
            && !name.is_empty()
        {
            self.settings.service_id = name;
        }
        Ok(self)
    }

    /// Begins to observe, on the current runtime, until the last clone of the observer is dropped.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use = "observes until it is dropped"]
    pub fn start(self) -> Observer {
        Observer::with(self.settings)
    }
}
