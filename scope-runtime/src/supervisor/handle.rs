//! Talking to a supervisor.

use std::fmt;

use crate::carry::Carry;
use crate::child_spec::ChildSpec;
use crate::namespace::Namespace;
use crate::pid::Pid;
use crate::process::Stage;
use crate::rt::{Arc, oneshot};
use crate::slot::{Attachment, Slot};

use super::children::{Origin, Record};
use super::error::SupervisorError;
use super::inbox::{self, Question, Reply, Request};
use super::info::{ChildCounts, ChildInfo};
use super::log::{RestartLog, RestartRecord};

/// Talks to a supervisor: adds, stops, starts and lists its children.
///
/// Cheap to clone; it does not keep the supervisor alive. It outlives restarts of the supervisor,
/// unless it comes from a [`Pid`], which means one incarnation. A supervisor handles requests one
/// at a time in the order in which they were sent, and is busy while a child starts or stops.
///
/// # Cancel safety
/// A request is sent when its future is first polled. Dropping the future later only drops the
/// answer.
///
/// # OTP
/// The functions of `supervisor` that take a `SupRef`.
#[derive(Clone)]
pub struct SupervisorHandle {
    inbox: Arc<Slot>,
    namespace: Namespace,
    path: Arc<str>,
    log: Option<Arc<RestartLog>>,
    incarnation: Option<Pid>,
}

impl SupervisorHandle {
    /// Whoever supervises at this place, now or later.
    pub(crate) fn of_slot(inbox: Arc<Slot>) -> Self {
        let occupant = inbox.occupant();
        Self {
            namespace: inbox.spec().namespace.clone(),
            path: inbox.spec().key.clone().unwrap_or_default(),
            log: occupant.and_then(|process| process.restart_log().cloned()),
            incarnation: None,
            inbox,
        }
    }

    /// Whoever supervises as this process, and its successors.
    pub(crate) fn of_process(inbox: Arc<Slot>, pid: &Pid) -> Self {
        Self {
            log: pid.process().restart_log().cloned(),
            ..Self::of_slot(inbox)
        }
    }

    /// This incarnation only.
    pub(crate) fn of_incarnation(inbox: Arc<Slot>, pid: &Pid) -> Self {
        Self {
            incarnation: Some(pid.clone()),
            ..Self::of_process(inbox, pid)
        }
    }

    /// The root supervisor that runs, or will run, under a name in a namespace.
    pub fn at(namespace: &Namespace, name: &str) -> Self {
        let path: Arc<str> = format!("{namespace}/{name}").into();
        Self::of_slot(inbox::slot_at(namespace, &path))
    }

    /// The supervisor that is, or will be, the child `id` of this one. It survives restarts of both.
    #[must_use = "only gives a handle"]
    pub fn supervisor(&self, id: &str) -> Self {
        let path: Arc<str> = format!("{}/{id}", self.path).into();
        Self {
            log: self.log.clone(),
            ..Self::of_slot(inbox::slot_at(&self.namespace, &path))
        }
    }

    /// What was attached to the child spec that it runs from.
    pub(crate) fn attachment(&self) -> Option<Attachment> {
        self.inbox.attachment()
    }

    /// Its namespace and its place in the tree, such as `production/Shop/web`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The namespace of the tree.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Its current incarnation, if it runs.
    pub fn pid(&self) -> Option<Pid> {
        let current = Pid::new(self.inbox.occupant()?);
        match &self.incarnation {
            Some(pid) if *pid != current => None,
            _ => Some(current),
        }
    }

    /// Where in its life its current incarnation is; `Ended` if it does not run.
    ///
    /// # Examples
    /// ```no_run
    /// use scope_runtime::{Namespace, Stage};
    ///
    /// let roots = Namespace::production().roots();
    /// let is_ready = roots.iter().all(|root| root.stage() == Stage::Running);
    /// # assert!(is_ready);
    /// ```
    pub fn stage(&self) -> Stage {
        self.pid().map_or(Stage::Ended, |pid| pid.stage())
    }

    /// The last thousand restarts in the whole tree, oldest first; also after its end.
    pub fn restarts(&self) -> Vec<RestartRecord> {
        self.log
            .as_ref()
            .map(|log| log.records())
            .unwrap_or_default()
    }

    /// Adds a child and starts it. `None` means that it ignored its start.
    ///
    /// It is the last one in start order. With a dynamic supervisor it gets a generated id.
    ///
    /// # Errors
    /// - `BadSpec`, `AlreadyStarted`, `AlreadyPresent`, `MaxChildren`: nothing was done.
    /// - `StartFailed`: it failed, and its spec is not kept.
    /// - `NoProc`: the supervisor is not there, or ended before it answered.
    ///
    /// # OTP
    /// `supervisor:start_child`.
    pub async fn start_child(&self, spec: ChildSpec) -> Result<Option<Pid>, SupervisorError> {
        self.start_in(spec, Carry::default()).await
    }

    /// Adds a child whose first incarnation finds `carry`, and starts it.
    pub(crate) async fn start_in(
        &self,
        spec: ChildSpec,
        carry: Carry,
    ) -> Result<Option<Pid>, SupervisorError> {
        // Its place is lost with this incarnation of the supervisor.
        let record = Box::new(Record::new(spec, carry, Origin::Added));
        self.ask(|reply| Question::StartChild(record, reply)).await
    }

    /// Finds the instance of a dynamic supervisor with this key, or starts it; of several
    /// requests at once, one starts it and the others find it.
    ///
    /// # Errors
    /// As [`Self::start_child`]; also `Restarting` while a failed instance is being restarted,
    /// and `Dynamic` if the supervisor is not a dynamic one.
    pub async fn start_keyed(
        &self,
        key: impl Into<Arc<str>>,
        spec: ChildSpec,
    ) -> Result<Option<Pid>, SupervisorError> {
        self.start_keyed_in(key.into(), spec, Carry::default())
            .await
    }

    /// The same, for an instance whose first incarnation finds `carry`.
    pub(crate) async fn start_keyed_in(
        &self,
        key: Arc<str>,
        spec: ChildSpec,
        carry: Carry,
    ) -> Result<Option<Pid>, SupervisorError> {
        let record = Box::new(Record::new(spec, carry, Origin::Added));
        self.ask(|reply| Question::StartKeyed(key, record, reply))
            .await
    }

    /// Stops the instance with this key, or calls its restart off; false if there is none.
    pub(crate) async fn stop_keyed(&self, key: Arc<str>) -> Result<bool, SupervisorError> {
        self.ask(|reply| Question::StopKeyed(key, reply)).await
    }

    /// Stops a child by its shutdown policy. Its spec is kept unless it is temporary; a pending
    /// restart is called off.
    ///
    /// # Errors
    /// `NotFound`; `Dynamic` for a dynamic supervisor, see [`Self::terminate_pid`]; `NoProc`.
    ///
    /// # OTP
    /// `supervisor:terminate_child` with an id.
    pub async fn terminate_child(&self, id: &str) -> Result<(), SupervisorError> {
        let id = Arc::from(id);
        self.ask(|reply| Question::TerminateChild(id, reply)).await
    }

    /// Stops an instance of a dynamic supervisor. Fine if it is gone already.
    ///
    /// # Errors
    /// `NotFound` if it lives, but is no instance of this supervisor; `NoProc`.
    ///
    /// # OTP
    /// `supervisor:terminate_child` with a pid, which is for `simple_one_for_one` only.
    pub async fn terminate_pid(&self, pid: &Pid) -> Result<(), SupervisorError> {
        let pid = pid.clone();
        self.ask(|reply| Question::TerminateProcess(pid, reply))
            .await
    }

    /// Starts a child that has no process. `None` means that it ignored its start.
    ///
    /// # Errors
    /// `NotFound`, `Running`, `Restarting`, `Dynamic`: nothing was done. `StartFailed`: it
    /// failed, and its spec is kept. `NoProc`.
    ///
    /// # OTP
    /// `supervisor:restart_child`.
    pub async fn restart_child(&self, id: &str) -> Result<Option<Pid>, SupervisorError> {
        let id = Arc::from(id);
        self.ask(|reply| Question::RestartChild(id, reply)).await
    }

    /// Stops the child that runs as `pid` by its shutdown policy, and starts it anew at once; `None` means that it
    /// ignored its start.
    ///
    /// This is no failure: it counts for no intensity, and its siblings stay. An instance of a dynamic supervisor may
    /// be restarted, too. A service that waits for its own restart is killed when its time to stop is up.
    ///
    /// # Errors
    /// - `NotFound`, `Restarting`, `Temporary`: nothing was done.
    /// - `StartFailed`: it was stopped, and failed to start. The spec of a declared child is kept, see
    ///   [`Self::restart_child`]; an instance of a dynamic supervisor is forgotten.
    /// - `NoProc`.
    ///
    /// # OTP
    /// `supervisor:terminate_child` and `supervisor:restart_child`, with nothing between them.
    pub async fn restart_pid(&self, pid: &Pid) -> Result<Option<Pid>, SupervisorError> {
        let pid = pid.clone();
        self.ask(|reply| Question::RestartProcess(pid, reply)).await
    }

    /// Removes the spec of a child that has no process.
    ///
    /// # Errors
    /// `NotFound`, `Running`, `Restarting`, `Dynamic`, `NoProc`.
    ///
    /// # OTP
    /// `supervisor:delete_child`.
    pub async fn delete_child(&self, id: &str) -> Result<(), SupervisorError> {
        let id = Arc::from(id);
        self.ask(|reply| Question::DeleteChild(id, reply)).await
    }

    /// Lists the children in reverse start order.
    ///
    /// # Errors
    /// `NoProc`.
    ///
    /// # OTP
    /// `supervisor:which_children`.
    pub async fn which_children(&self) -> Result<Vec<ChildInfo>, SupervisorError> {
        self.ask(Question::WhichChildren).await
    }

    /// Counts the children.
    ///
    /// # Errors
    /// `NoProc`.
    ///
    /// # OTP
    /// `supervisor:count_children`.
    pub async fn count_children(&self) -> Result<ChildCounts, SupervisorError> {
        self.ask(Question::CountChildren).await
    }

    /// The spec of a child.
    ///
    /// # Errors
    /// `NotFound`, `NoProc`.
    ///
    /// # OTP
    /// `supervisor:get_childspec`.
    pub async fn child_spec(&self, id: &str) -> Result<ChildSpec, SupervisorError> {
        let id = Arc::from(id);
        self.ask(|reply| Question::ChildSpec(id, reply)).await
    }

    async fn ask<T>(
        &self,
        question: impl FnOnce(Reply<T>) -> Question,
    ) -> Result<T, SupervisorError> {
        let (reply, answer) = oneshot::channel();
        let incarnation = self.incarnation.as_ref().map(Pid::incarnation);
        let request = Request::Ask {
            incarnation,
            question: question(reply),
        };
        if !inbox::push(&self.inbox, request) {
            return Err(SupervisorError::NoProc);
        }
        // The supervisor ended with the request still queued.
        answer.await.unwrap_or(Err(SupervisorError::NoProc))
    }
}

impl fmt::Debug for SupervisorHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SupervisorHandle({})", self.path)
    }
}
