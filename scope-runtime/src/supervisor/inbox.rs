//! The one queue through which everything reaches a supervisor.

use std::any::TypeId;

use crate::blueprint::Blueprint;
use crate::child_spec::{Child, ChildSpec};
use crate::exit::ExitReason;
use crate::joined::joined;
use crate::message::{Message, Route};
use crate::namespace::Namespace;
use crate::options::{Layer, ServiceId};
use crate::pid::Pid;
use crate::process::Process;
use crate::receiver::Receiver;
use crate::registry;
use crate::rt::{Arc, oneshot};
use crate::slot::Slot;

use super::children::{Key, Record};
use super::error::SupervisorError;
use super::info::{ChildCounts, ChildInfo};
use super::log::RestartLog;

/// What reaches a supervisor.
pub(super) enum Request {
    /// A process that it started has ended.
    Exited {
        child: Key,
        process: u64,
        reason: ExitReason,
    },
    /// Its parent, or whoever holds its pid, tells it to stop.
    Stop {
        incarnation: u64,
        reason: ExitReason,
    },
    /// Its own next attempt to restart a child.
    Retry(Key),
    /// A request; `incarnation` if it is for none but this one.
    Ask {
        incarnation: Option<u64>,
        question: Question,
    },
}

pub(super) type Reply<T> = oneshot::Sender<Result<T, SupervisorError>>;

/// A request with a reply.
pub(super) enum Question {
    StartChild(Box<Record>, Reply<Option<Pid>>),
    StartKeyed(Arc<str>, Box<Record>, Reply<Option<Pid>>),
    StopKeyed(Arc<str>, Reply<bool>),
    TerminateChild(Arc<str>, Reply<()>),
    TerminateProcess(Pid, Reply<()>),
    RestartChild(Arc<str>, Reply<Option<Pid>>),
    RestartProcess(Pid, Reply<Option<Pid>>),
    DeleteChild(Arc<str>, Reply<()>),
    WhichChildren(Reply<Vec<ChildInfo>>),
    CountChildren(Reply<ChildCounts>),
    ChildSpec(Arc<str>, Reply<ChildSpec>),
}

impl Message for Request {
    fn route(&mut self) -> Route<'_> {
        Route::cast("request")
    }
}

/// Whose child a process is.
pub(crate) struct Parent {
    inbox: Arc<Slot>,
    child: Key,
    tree: Arc<RestartLog>,
}

impl Parent {
    /// The supervisor at `inbox`, whose child has this number, in the tree with this log.
    pub(super) fn new(inbox: Arc<Slot>, child: Key, tree: Arc<RestartLog>) -> Self {
        Self { inbox, child, tree }
    }

    /// Where it takes requests.
    pub(crate) fn inbox(&self) -> &Arc<Slot> {
        &self.inbox
    }

    /// The path of the child with this name.
    pub(crate) fn path_of(&self, name: &str) -> Arc<str> {
        match &self.inbox.spec().key {
            Some(path) => joined(&[path, "/", name]),
            None => name.into(),
        }
    }

    /// The log of the tree.
    pub(crate) fn tree(&self) -> &Arc<RestartLog> {
        &self.tree
    }

    /// The number of the child.
    pub(super) fn child(&self) -> Key {
        self.child
    }
}

/// Tells the supervisor of a process that it has exited; if nobody is there any more, nobody has to know.
pub(crate) fn report_exit(process: &Process, reason: &ExitReason) {
    if let Some(parent) = process.parent() {
        let exited = Request::Exited {
            child: parent.child,
            process: process.id(),
            reason: reason.clone(),
        };
        push(&parent.inbox, exited);
    }
    // Foreign code, which comes when all that has to be done is.
    tracing::debug!(child = %process.path(), incarnation = process.id(), %reason, "exited");
}

/// The receiving end.
pub(super) struct Inbox {
    slot: Arc<Slot>,
    receiver: Receiver<Request>,
}

impl Inbox {
    /// Makes `child` a supervisor: from now on its requests queue.
    pub(super) fn open(child: &Child) -> Result<Self, ExitReason> {
        let process = child.process();
        let slot = child
            .carry()
            .slot(&|| slot_at(process.namespace(), process.path()));
        let log = child.tree().cloned().unwrap_or_else(RestartLog::new);
        process.serve_requests(slot.clone(), log);
        let receiver = Receiver::occupy(&slot, process)
            .map_err(|taken| ExitReason::error(taken.to_string()))?;
        Ok(Self { slot, receiver })
    }

    pub(super) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// The next in arrival order.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Request {
        self.receiver.next().await
    }
}

static SUPERVISOR: Blueprint = Blueprint::of_place::<Request>(ServiceId::new(
    module_path!(),
    "supervisor",
    Layer::Application,
));

/// The place of the supervisor with this path, whether or not it runs.
pub(super) fn slot_at(namespace: &Namespace, path: &Arc<str>) -> Arc<Slot> {
    registry::slot(namespace, TypeId::of::<Request>(), path, &|| {
        SUPERVISOR.slot(namespace, Some(path.clone()))
    })
}

/// Queues a request; false if nobody is there.
pub(super) fn push(slot: &Slot, request: Request) -> bool {
    slot.push_system(request)
}

/// Tells the supervisor that has this incarnation to stop, in its turn.
pub(crate) fn push_stop(slot: &Slot, incarnation: u64, reason: ExitReason) {
    if !push(
        slot,
        Request::Stop {
            incarnation,
            reason,
        },
    ) {
        tracing::trace!(incarnation, "told to stop, but already gone");
    }
}
