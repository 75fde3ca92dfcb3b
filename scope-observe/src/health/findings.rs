//! What is known of each service: what a report found, and what became of it since.
//!
//! A supervisor that starts a child answers nothing meanwhile, so nobody says that the child is
//! down. But its place is empty, and it was seen there before, with its name.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::FutureExt;
use scope_runtime::telemetry::snapshot;
use scope_runtime::{
    ExitReason, Health, HealthReport, HealthSummary, Namespace, NamespaceKind, Pid, ServiceHealth,
    Stage,
};

use crate::trees;

/// How a service or a supervisor was, or that it is down.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) namespace: Namespace,
    pub(crate) path: Arc<str>,
    pub(crate) status: Health,
    /// Its report, or why there is none.
    pub(crate) report: Result<Arc<HealthReport>, String>,
    /// `None` for a supervisor, and for a child that nobody has seen up.
    seen: Option<Seen>,
}

/// Who was at a place.
#[derive(Clone, Debug)]
struct Seen {
    /// The service's name, with its key if it has one.
    label: String,
    pid: Pid,
}

/// Those of namespaces, with what was known of them before.
pub(super) fn of(
    summaries: impl Iterator<Item = (Namespace, HealthSummary)>,
    earlier: &[Finding],
) -> Vec<Finding> {
    let places = earlier.iter().map(|finding| (&*finding.path, finding));
    let places: HashMap<_, _> = places.collect();
    let mut present = Present::default();
    let mut findings = Vec::new();
    for (namespace, summary) in summaries {
        for service in summary.services {
            let before = places.get(&*service.path).copied();
            findings.push(Finding::of(service, &namespace, before, &mut present));
        }
    }
    let found: HashSet<_> = findings.iter().map(|it| it.path.clone()).collect();
    let missing = earlier.iter().filter(|it| !found.contains(&it.path));
    findings.extend(missing.filter_map(|finding| present.instead(finding)));
    findings.sort_by(|a, b| a.path.cmp(&b.path));
    findings
}

/// How they are now, as far as it can be told without asking them.
pub(crate) fn now(findings: &[Finding]) -> Vec<Finding> {
    let mut present = Present::default();
    let known = findings.iter().filter_map(|finding| match &finding.seen {
        Some(seen) if !seen.pid.is_alive() => present.instead(finding),
        _ => Some(finding.clone()),
    });
    known.collect()
}

impl Finding {
    fn of(
        service: ServiceHealth,
        namespace: &Namespace,
        before: Option<&Self>,
        present: &mut Present,
    ) -> Self {
        let seen = match &service.report {
            Ok(report) => Some(Seen {
                label: report.service.clone(),
                pid: report.pid.clone(),
            }),
            Err(_) => {
                let here = present.of(namespace).services.get(&*service.path);
                here.or(before.and_then(|it| it.seen.as_ref())).cloned()
            }
        };
        Self {
            namespace: namespace.clone(),
            path: service.path,
            status: service.status,
            report: service
                .report
                .map(Arc::new)
                .map_err(|error| error.to_string()),
            seen,
        }
    }

    /// The service's name; instances are told apart by their places.
    pub(crate) fn service(&self) -> Option<&str> {
        self.seen.as_ref()?.label.split('[').next()
    }

    /// The path of its supervisor.
    pub(super) fn supervisor(&self) -> Option<String> {
        let parent = self.seen.as_ref().and_then(|seen| seen.pid.parent());
        match parent {
            Some(parent) => Some(parent.path().to_owned()),
            None => Some(self.path.rsplit_once('/')?.0.to_owned()),
        }
    }

    fn down(&self, why: &str) -> Self {
        Self {
            status: Health::Unhealthy,
            report: Err(why.to_owned()),
            ..self.clone()
        }
    }
}

impl Seen {
    /// Whether an instance ended in a way that asks for no other one, or has not yet ended: those
    /// with keys come and go.
    fn is_done(&self) -> bool {
        let is_one_of_many = self.label.contains('[');
        let calm = || match self.pid.exited().now_or_never() {
            None => true,
            Some(reason) => matches!(
                reason,
                ExitReason::Normal | ExitReason::Shutdown | ExitReason::ShutdownWith(_)
            ),
        };
        is_one_of_many && calm()
    }
}

/// What there is in the namespaces that were looked at.
#[derive(Debug, Default)]
struct Present {
    namespaces: HashMap<NamespaceKind, Here>,
}

/// What there is in one.
#[derive(Debug)]
struct Here {
    /// Those of the trees that run.
    roots: Vec<String>,
    /// By their places.
    services: HashMap<String, Seen>,
    /// Services of which an instance runs, or is to come.
    expected: HashSet<&'static str>,
}

impl Present {
    fn of(&mut self, namespace: &Namespace) -> &Here {
        let kind = namespace.kind().clone();
        let here = self.namespaces.entry(kind);
        here.or_insert_with(|| Here::of(namespace))
    }

    /// What is at a place where somebody has ended; `None` if nobody is to come.
    fn instead(&mut self, finding: &Finding) -> Option<Finding> {
        let seen = finding.seen.as_ref()?;
        let here = self.of(&finding.namespace);
        match here.services.get(&*finding.path) {
            Some(next) if next.pid.stage() == Stage::Starting => {
                Some(finding.down("the service is starting"))
            }
            Some(_) => Some(finding.clone()),
            None => (here.expects(finding) && !seen.is_done())
                .then(|| finding.down("the service is not running")),
        }
    }
}

impl Here {
    fn of(namespace: &Namespace) -> Self {
        let roots = trees::of(namespace).into_iter();
        let roots = roots.filter(|(_, stage)| *stage == Stage::Running);
        let services = namespace.services().into_iter().map(|service| {
            let (label, pid) = (service.label(), service.pid);
            (pid.path().to_owned(), Seen { label, pid })
        });
        let statistics = snapshot(namespace).services.into_iter();
        let expected = statistics.filter(|service| service.ended.is_none());
        Self {
            roots: roots.map(|(root, _)| root.path().to_owned()).collect(),
            services: services.collect(),
            expected: expected.map(|service| service.service).collect(),
        }
    }

    fn expects(&self, finding: &Finding) -> bool {
        let is_below = |root: &String| {
            let rest = finding.path.strip_prefix(&**root);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        finding
            .service()
            .is_some_and(|service| self.expected.contains(service))
            && self.roots.iter().any(is_below)
    }
}
