//! The children of supervisors, counted by what they do.

use futures_util::future::join_all;
use scope_runtime::{ChildState, Namespace, SupervisorHandle};
use tokio::time::timeout;

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

/// Those of every supervisor of some namespaces that answers.
pub(crate) async fn of(namespaces: &[Namespace]) -> Vec<Children> {
    let processes = namespaces.iter().flat_map(Namespace::processes);
    let supervisors = processes.filter_map(|pid| pid.supervisor());
    let asked = join_all(supervisors.map(of_one)).await;
    asked.into_iter().flatten().collect()
}

async fn of_one(supervisor: SupervisorHandle) -> Option<Children> {
    let listed = timeout(PATIENCE, supervisor.which_children()).await;
    let mut children = Children {
        namespace: supervisor.namespace().clone(),
        supervisor: supervisor.path().to_owned(),
        running: 0,
        restarting: 0,
        undefined: 0,
    };
    for child in listed.ok()?.ok()? {
        match child.state {
            ChildState::Running(_) => children.running += 1,
            ChildState::Restarting => children.restarting += 1,
            _ => children.undefined += 1,
        }
    }
    Some(children)
}
