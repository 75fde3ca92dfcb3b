//! What several features need to look at a running tree.

use scope::{Pid, SupervisorHandle};

/// The process that runs as the child `id` now.
pub(crate) async fn pid_of(supervisor: &SupervisorHandle, id: &str) -> Option<Pid> {
    let children = supervisor.which_children().await.unwrap();
    let child = children.into_iter().find(|child| &*child.id == id);
    child.and_then(|child| child.state.pid().cloned())
}
