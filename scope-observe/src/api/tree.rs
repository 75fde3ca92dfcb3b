//! `/api/v1/tree`: the supervision trees as they run.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use axum::Json;
use axum::extract::State;
use futures_util::future::join_all;
use scope_runtime::{ChildInfo, ChildState, ChildType, Namespace, Restart, SupervisorHandle};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use super::page::{Cell, Item, Listing, Page};
use crate::trees::{self, PATIENCE};
use crate::{Observer, Problem};

/// One process of a tree, or a child that has none, and what is below it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TreeNode {
    /// Its name in its supervisor; of a root, the name of the tree.
    pub id: String,
    /// Its namespace and its place.
    pub path: String,
    /// `supervisor` or `worker`.
    pub kind: String,
    /// Of a child, `running`, `restarting` or `undefined`; of a root, its stage: `starting`,
    /// `running`, `stopping` or `ended`.
    pub state: String,
    /// `permanent`, `transient` or `temporary`; none for a root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<String>,
    /// The incarnation that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incarnation: Option<u64>,
    /// Whether this supervisor is busy with a child and did not answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unanswered: bool,
    /// Its children in start order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Self>,
}

impl Item for TreeNode {
    const COLUMNS: &'static [&'static str] = &["path", "state"];

    fn id(&self) -> String {
        self.path.clone()
    }

    fn column(&self, name: &str) -> Cell {
        match name {
            "state" => self.state.as_str().into(),
            _ => self.path.as_str().into(),
        }
    }
}

pub(crate) async fn tree(
    State(observer): State<Observer>,
    listing: Listing,
) -> Result<Json<Page<TreeNode>>, Problem> {
    let Json(mut page) = listing.of(&observer, roots).await?;
    // Only the roots of this page are walked.
    let until = Instant::now() + PATIENCE;
    let mut handles = HashMap::new();
    for root in Namespace::all().iter().flat_map(Namespace::roots) {
        handles.insert(root.path().to_owned(), root);
    }
    let walks = page.items.iter_mut().filter_map(|root| {
        let handle = handles.remove(&root.path)?;
        Some(walk(root, handle, until))
    });
    join_all(walks).await;
    Ok(Json(page))
}

fn roots() -> Vec<TreeNode> {
    let roots = Namespace::all().into_iter().flat_map(|it| trees::of(&it));
    let nodes = roots.map(|(handle, stage)| TreeNode {
        id: name(handle.path()).to_owned(),
        path: handle.path().to_owned(),
        kind: "supervisor".to_owned(),
        state: trees::word(stage).to_owned(),
        restart: None,
        incarnation: handle.pid().map(|pid| pid.incarnation()),
        unanswered: false,
        children: Vec::new(),
    });
    nodes.collect()
}

/// Fills in what is below a supervisor, as far as that answers in time.
fn walk(
    node: &mut TreeNode,
    supervisor: SupervisorHandle,
    until: Instant,
) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
    Box::pin(async move {
        let Ok(listed) = timeout_at(until, supervisor.which_children()).await else {
            node.unanswered = true;
            return;
        };
        // Gone meanwhile, it has no children.
        let mut children = listed.unwrap_or_default();
        children.reverse();
        node.children = children
            .iter()
            .map(|child| TreeNode::of(child, &node.path))
            .collect();
        let below = node
            .children
            .iter_mut()
            .zip(children)
            .filter_map(|(node, child)| {
                let supervisor = child.state.pid()?.supervisor()?;
                Some(walk(node, supervisor, until))
            });
        join_all(below).await;
    })
}

impl TreeNode {
    fn of(child: &ChildInfo, parent: &str) -> Self {
        let kind = match child.child_type {
            ChildType::Supervisor => "supervisor",
            ChildType::Worker => "worker",
        };
        let state = match child.state {
            ChildState::Running(_) => "running",
            ChildState::Restarting => "restarting",
            _ => "undefined",
        };
        let restart = match child.restart {
            Restart::Permanent => "permanent",
            Restart::Transient => "transient",
            Restart::Temporary => "temporary",
        };
        let pid = child.state.pid();
        let path = pid.map(|pid| pid.path().to_owned());
        Self {
            id: child.id.to_string(),
            path: path.unwrap_or_else(|| format!("{parent}/{}", child.id)),
            kind: kind.to_owned(),
            state: state.to_owned(),
            restart: Some(restart.to_owned()),
            incarnation: pid.map(scope_runtime::Pid::incarnation),
            unanswered: false,
            children: Vec::new(),
        }
    }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
