//! The children of supervisors, counted by what they do.

use std::collections::{HashMap, HashSet};

use futures_util::future::join_all;
use scope_runtime::{ChildState, Namespace, Pid, Stage, SupervisorHandle};
use tokio::time::timeout;

use super::board::Report;
use super::findings::Finding;
use crate::trees::PATIENCE;

/// The children of one supervisor.
#[derive(Debug)]
pub(crate) struct Children {
    pub(crate) namespace: Namespace,
    pub(crate) supervisor: String,
    pub(crate) running: usize,
    pub(crate) restarting: usize,
    pub(crate) undefined: usize,
}

/// Those of every supervisor that runs now. None of them is asked: it may be busy. What nobody
/// expects to run has left no trace, so that is as the report has it.
pub(crate) fn now(report: &Report, services: &[Finding]) -> Vec<Children> {
    let namespaces = Namespace::all();
    let processes: Vec<_> = namespaces.iter().flat_map(Namespace::processes).collect();
    let supervisors = processes.iter().filter_map(Pid::supervisor);
    let mut children: Vec<_> = supervisors
        .map(|supervisor| Children::of(&supervisor, report))
        .collect();
    let places = children.iter().enumerate();
    let places: HashMap<_, _> = places
        .map(|(place, it)| (it.supervisor.clone(), place))
        .collect();
    let mut count = |supervisor: &str, count: fn(&mut Children) -> &mut usize| {
        let place = places.get(supervisor);
        if let Some(children) = place.and_then(|place| children.get_mut(*place)) {
            *count(children) += 1;
        }
    };
    let up = processes
        .iter()
        .filter(|pid| pid.stage() != Stage::Starting);
    for parent in up.clone().filter_map(Pid::parent) {
        count(parent.path(), |children| &mut children.running);
    }
    let up: HashSet<_> = up.map(Pid::path).collect();
    let down = services
        .iter()
        .filter(|service| service.report.is_err() && !up.contains(&*service.path));
    for supervisor in down.filter_map(Finding::supervisor) {
        count(&supervisor, |children| &mut children.restarting);
    }
    children
}

impl Children {
    fn of(supervisor: &SupervisorHandle, report: &Report) -> Self {
        let path = supervisor.path();
        Self {
            namespace: supervisor.namespace().clone(),
            supervisor: path.to_owned(),
            running: 0,
            restarting: 0,
            undefined: report.undefined.get(path).copied().unwrap_or_default(),
        }
    }
}

/// The numbers of children that nobody expects to run, by the paths of the supervisors that answer.
pub(super) async fn undefined(namespaces: &[Namespace]) -> HashMap<String, usize> {
    let processes = namespaces.iter().flat_map(Namespace::processes);
    let supervisors = processes.filter_map(|pid| pid.supervisor());
    let asked = join_all(supervisors.map(undefined_of)).await;
    asked.into_iter().flatten().collect()
}

async fn undefined_of(supervisor: SupervisorHandle) -> Option<(String, usize)> {
    let listed = timeout(PATIENCE, supervisor.which_children()).await;
    let children = listed.ok()?.ok()?.into_iter();
    let undefined = children
        .filter(|child| !matches!(child.state, ChildState::Running(_) | ChildState::Restarting));
    Some((supervisor.path().to_owned(), undefined.count()))
}
