//! How several services are: those of a supervisor, of a namespace, of the whole program.

use std::fmt;

use super::together::{boxed, together};
use super::{Health, HealthError, HealthReport, PATIENCE, report};
use crate::namespace::Namespace;
use crate::registry::running;
use crate::rt::Arc;
use crate::slot::Slot;
use crate::supervisor::{ChildState, SupervisorHandle, within};

/// One service in a [`HealthSummary`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServiceHealth {
    /// Its namespace and its place in the tree, such as `production/Shop/ledger`.
    pub path: Arc<str>,
    /// The status of its report; unhealthy without one.
    pub status: Health,
    /// Its report.
    pub report: Result<HealthReport, HealthError>,
}

/// How several services are, worst wins.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HealthSummary {
    /// The worst of the services; healthy if there are none.
    pub status: Health,
    /// Each service that runs or is being restarted, by its path.
    pub services: Vec<ServiceHealth>,
}

impl HealthSummary {
    /// The service at this place in the tree.
    pub fn service(&self, path: &str) -> Option<&ServiceHealth> {
        self.services.iter().find(|service| *service.path == *path)
    }

    fn of(mut services: Vec<ServiceHealth>) -> Self {
        services.sort_by(|a, b| a.path.cmp(&b.path));
        let worst = services.iter().map(|service| service.status).max();
        Self {
            status: worst.unwrap_or_default(),
            services,
        }
    }
}

/// The status, then a line for each service that is not healthy.
impl fmt::Display for HealthSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        for service in &self.services {
            if service.status == Health::Healthy {
                continue;
            }
            match &service.report {
                Ok(report) => write!(f, "\n{}: {report}", service.path)?,
                Err(error) => write!(f, "\n{}: {error}", service.path)?,
            }
        }
        Ok(())
    }
}

impl ServiceHealth {
    fn new(path: Arc<str>, report: Result<HealthReport, HealthError>) -> Self {
        Self {
            path,
            status: Health::of(&report),
            report,
        }
    }
}

/// How every service of this program is, in all namespaces.
///
/// # Cancel safety
/// Dropping the future changes nothing.
pub async fn system_health() -> HealthSummary {
    let namespaces = Namespace::all();
    let summaries = namespaces
        .iter()
        .map(|namespace| boxed(namespace.health()))
        .collect();
    let services = together(summaries)
        .await
        .into_iter()
        .flat_map(|summary: HealthSummary| summary.services);
    HealthSummary::of(services.collect())
}

impl Namespace {
    /// How every service of this namespace is. Healthy if there is none.
    ///
    /// All of them are asked at once, so it takes no longer than the slowest.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn health(&self) -> HealthSummary {
        below(self, "").await
    }
}

impl SupervisorHandle {
    /// How every service below this supervisor is, at any depth; worst wins.
    ///
    /// A child that is being restarted is unavailable, and so is a supervisor that does not run. One
    /// that does not answer, because a child of its starts or stops, is a `ServiceTimeout`. Children
    /// that nobody expects to run do not count. All are asked at once.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(shop: scope_runtime::SupervisorHandle) {
    /// let health = shop.health().await;
    /// println!("{health}");
    /// # }
    /// ```
    pub async fn health(&self) -> HealthSummary {
        if self.pid().is_none() {
            let nobody = Err(HealthError::ServiceUnavailable);
            return HealthSummary::of(vec![ServiceHealth::new(self.path().into(), nobody)]);
        }
        below(self.namespace(), self.path()).await
    }
}

/// The services and supervisors of a namespace at a path or below it; all of them for an empty path.
async fn below(namespace: &Namespace, path: &str) -> HealthSummary {
    let is_below = |other: &str| {
        path.is_empty()
            || other
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let services = running(namespace)
        .into_iter()
        .filter(|(_, process)| is_below(process.path()))
        .map(|(slot, process)| boxed(service(slot, process.path().clone())));
    let supervisors = namespace
        .processes()
        .into_iter()
        .filter(|pid| is_below(pid.path()))
        .filter_map(|pid| pid.supervisor())
        .map(|supervisor| boxed(restarting(supervisor)));
    let found = together(services.chain(supervisors).collect()).await;
    HealthSummary::of(found.into_iter().flatten().collect())
}

async fn service(slot: Arc<Slot>, path: Arc<str>) -> Vec<ServiceHealth> {
    vec![ServiceHealth::new(path, report(slot).await)]
}

/// The children of a supervisor that are down, but should not be.
async fn restarting(supervisor: SupervisorHandle) -> Vec<ServiceHealth> {
    let path = supervisor.path();
    match within(Some(PATIENCE), supervisor.which_children()).await {
        None => {
            let late = HealthError::ServiceTimeout(PATIENCE);
            vec![ServiceHealth::new(path.into(), Err(late))]
        }
        // It ended meanwhile: whoever supervises it tells.
        Some(Err(_)) => Vec::new(),
        Some(Ok(children)) => children
            .into_iter()
            .filter(|child| child.state == ChildState::Restarting)
            .map(|child| {
                let path = format!("{path}/{}", child.id).into();
                ServiceHealth::new(path, Err(HealthError::ServiceUnavailable))
            })
            .collect(),
    }
}
