//! The trees of a namespace, and in which stage they are.

use std::time::Duration;

use scope_runtime::{Namespace, Stage, SupervisorHandle};

/// How long a supervisor may take to answer. It is busy while a child starts or stops.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// The trees that are here, and their stages.
pub(crate) fn of(namespace: &Namespace) -> Vec<(SupervisorHandle, Stage)> {
    let roots = namespace.roots().into_iter();
    roots.map(|root| (root.clone(), root.stage())).collect()
}

pub(crate) fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Starting => "starting",
        Stage::Running => "running",
        Stage::Stopping => "stopping",
        _ => "ended",
    }
}
