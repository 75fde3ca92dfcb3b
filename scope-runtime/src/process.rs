//! Processes: one incarnation of a service, a supervisor or a supervised task.
//!
//! # Protocol
//! A process is one tokio task around one boxed future. Its supervisor makes it, waits until it
//! has *started*, *ignored* or *failed*, and later learns that it *exited*.
//!
//! - The future says `started()` or `ignored()` once; ending before that is a failed start.
//! - A worker is told to stop through its *lane*, which it watches beside its own work; a supervisor
//!   through its queue, so that a stop keeps its place among the requests before it.
//! - A kill aborts a worker at its next await. A supervisor is never aborted: it finds the kill in
//!   its lane and takes its children along.
//! - When the future has ended, it is dropped first; then the slot is vacated, the exit hooks run in
//!   the order in which they were added (monitors fire), and the supervisor is told last. So
//!   whoever learns of an exit knows that nothing of the incarnation is left.
//! - A linked task *holds* its owner: the hooks run when the last of them is dropped, too.

mod ending;
mod lane;
mod rare;
mod stage;

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::activity::Activity;
use crate::child_spec::ChildType;
use crate::exit::ExitReason;
use crate::namespace::Namespace;
use crate::rt::{
    AbortHandle, Arc, AtomicBool, Instant, Mutex, Notify, Numbers, OnceLock, Ordering, lock, spawn,
};
use crate::slot::Slot;
use crate::supervisor::{Parent, RestartLog};
use crate::surroundings::Home;

pub(crate) use self::ending::Hold;
use self::ending::Task;
pub(crate) use self::lane::{Ask, Order};
use self::rare::Rare;
pub use self::stage::Stage;

/// What runs as a child.
pub type ChildFuture = Pin<Box<dyn Future<Output = ExitReason> + Send>>;

/// What runs once when a process has ended.
pub(crate) type ExitHook = Box<dyn FnOnce(&ExitReason) + Send>;

pub(crate) struct Process {
    id: u64,
    /// Its name below its parent; the whole path of the process at the top of a tree.
    name: Arc<str>,
    /// Put together for the first who asks.
    path: OnceLock<Arc<str>>,
    child_type: ChildType,
    home: Home,
    /// Set when a supervisor ended because its significant children had.
    finished: AtomicBool,
    /// Set while something waits in the lane: the service loop looks at it before each message.
    signalled: AtomicBool,
    /// The lane has the waker of a supervisor, which is the same at each poll.
    listens: AtomicBool,
    /// What it does now.
    activity: Activity,
    /// Where a supervisor takes its requests, and the log of its tree; a worker has none.
    inbox: OnceLock<Box<(Arc<Slot>, Arc<RestartLog>)>>,
    /// Who supervises it; nobody the process at the top of a tree.
    parent: Option<Parent>,
    /// Tells of each change of the phase.
    changed: Notify,
    state: Mutex<State>,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is said by somebody else, at another time"
)]
struct State {
    phase: Phase,
    /// How the start went: a process may have started and exited before anyone looked.
    outcome: Option<Began>,
    ending: bool,
    passivated: bool,
    /// Whoever told it to stop kills it when it takes too long.
    timed: bool,
    /// Its supervisor has been told of the exit.
    reported: bool,
    /// The mailbox is not served.
    suspended: bool,
    /// How many linked tasks are not dropped yet.
    holds: u32,
    signal: Option<Signal>,
    lane: Option<Waker>,
    /// The slot that it occupies.
    place: Option<Arc<Slot>>,
    /// When a service began, once it has started.
    begun: Option<Instant>,
    abort: Option<AbortHandle>,
    rare: Option<Box<Rare>>,
}

/// A start that did not fail.
#[derive(Clone, Copy)]
enum Began {
    Started,
    Ignored,
}

impl State {
    fn poll_signal(&mut self, cx: &Context<'_>) -> Poll<Signal> {
        if let Some(signal) = &self.signal {
            return Poll::Ready(signal.clone());
        }
        let known = self.lane.as_ref();
        if !known.is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.lane = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Phase {
    Starting,
    Started,
    Ignored,
    Exited(ExitReason),
}

/// What the lane says; a kill overrides a stop.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    Stop(ExitReason),
    Kill,
}

impl Process {
    pub(crate) fn new(
        name: Arc<str>,
        child_type: ChildType,
        home: Home,
        parent: Option<Parent>,
    ) -> Arc<Self> {
        static NEXT: Numbers = Numbers::new();
        Arc::new(Self {
            id: NEXT.next(),
            name,
            path: OnceLock::new(),
            child_type,
            home,
            finished: AtomicBool::new(false),
            signalled: AtomicBool::new(false),
            listens: AtomicBool::new(false),
            activity: Activity::default(),
            inbox: OnceLock::new(),
            parent,
            changed: Notify::new(),
            state: Mutex::new(State {
                phase: Phase::Starting,
                outcome: None,
                ending: false,
                passivated: false,
                timed: false,
                reported: false,
                suspended: false,
                holds: 0,
                signal: None,
                lane: None,
                place: None,
                begun: None,
                abort: None,
                rare: None,
            }),
        })
    }

    /// Runs `future` as this process, on the current runtime.
    pub(crate) fn run(self: &Arc<Self>, future: ChildFuture) {
        self.namespace().enter(self);
        let abort = spawn(Task::new(self.clone(), future));
        let mut state = lock(&self.state);
        if matches!(state.signal, Some(Signal::Kill)) && !self.is_supervisor() {
            abort.abort();
        }
        state.abort = Some(abort);
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn path(&self) -> &Arc<str> {
        match &self.parent {
            None => &self.name,
            Some(parent) => self.path.get_or_init(|| parent.path_of(&self.name)),
        }
    }

    pub(crate) fn child_type(&self) -> ChildType {
        self.child_type
    }

    pub(crate) fn namespace(&self) -> &Namespace {
        &self.home.namespace
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    pub(crate) fn is_supervisor(&self) -> bool {
        self.inbox.get().is_some()
    }

    /// Makes this process a supervisor that takes its requests from `inbox`.
    pub(crate) fn serve_requests(&self, inbox: Arc<Slot>, log: Arc<RestartLog>) {
        let known = self.inbox.set(Box::new((inbox, log)));
        debug_assert!(known.is_ok(), "a process becomes a supervisor once");
    }

    pub(crate) fn inbox(&self) -> Option<&Arc<Slot>> {
        self.inbox.get().map(|known| &known.0)
    }

    pub(crate) fn parent(&self) -> Option<&Parent> {
        self.parent.as_ref()
    }

    /// True while its tree is there: it may have a successor.
    pub(crate) fn may_come_back(&self) -> bool {
        let parent = self.parent();
        parent.is_none_or(|parent| !parent.tree().has_ended())
    }

    /// The restarts of the tree that this supervisor belongs to.
    pub(crate) fn restart_log(&self) -> Option<&Arc<RestartLog>> {
        self.inbox.get().map(|known| &known.1)
    }

    /// Tells it to stop with `reason`.
    pub(crate) fn stop(&self, reason: ExitReason) {
        match self.inbox() {
            Some(inbox) => {
                // Seen from now on, though its turn comes later.
                self.end();
                crate::supervisor::push_stop(inbox, self.id, reason);
            }
            None => self.signal(Signal::Stop(reason)),
        }
    }

    /// Tells it to stop; the caller kills it when it takes too long.
    pub(crate) fn stop_in_time(&self, reason: ExitReason) {
        lock(&self.state).timed = true;
        self.stop(reason);
    }

    /// True if somebody sees to it that its end takes no longer than it may.
    pub(crate) fn is_timed(&self) -> bool {
        lock(&self.state).timed
    }

    /// Kills it.
    pub(crate) fn kill(&self) {
        self.signal(Signal::Kill);
        if !self.is_supervisor() {
            let abort = lock(&self.state).abort.clone();
            if let Some(abort) = abort {
                abort.abort();
            }
        }
    }

    /// Makes it end with the reason of a crash in something it is linked to.
    pub(crate) fn crash(&self, reason: ExitReason) {
        self.signal(Signal::Stop(reason));
    }

    fn signal(&self, signal: Signal) {
        let (waker, before) = {
            let mut state = lock(&self.state);
            match (&state.signal, &signal) {
                // The first stop counts, and nothing takes a kill back.
                (Some(Signal::Kill), _) | (Some(Signal::Stop(_)), Signal::Stop(_)) => (None, None),
                _ => {
                    let before = state.signal.replace(signal);
                    // Release: who sees the flag finds the signal in the lane.
                    self.signalled.store(true, Ordering::Release);
                    (state.lane.take(), before)
                }
            }
        };
        // It may hold an error of the user's.
        drop(before);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// As [`Self::poll_signal`], for a task whose waker the lane has had since its first look, and which nobody asks
    /// anything: mostly for the price of two loads.
    pub(crate) fn poll_signal_again(&self, cx: &Context<'_>) -> Poll<Signal> {
        if self.listens.load(Ordering::Acquire) && !self.is_signalled() {
            return Poll::Pending;
        }
        let polled = self.poll_signal(cx);
        self.listens.store(polled.is_pending(), Ordering::Release);
        polled
    }

    /// The signal in the lane, if there is one; else the lane wakes `cx` when one comes.
    pub(crate) fn poll_signal(&self, cx: &Context<'_>) -> Poll<Signal> {
        lock(&self.state).poll_signal(cx)
    }

    /// The reason with which it is told to stop.
    pub(crate) fn told(&self) -> Option<ExitReason> {
        match &lock(&self.state).signal {
            Some(Signal::Stop(reason)) => Some(reason.clone()),
            Some(Signal::Kill) | None => None,
        }
    }

    /// True while something waits in the lane. Costs one load.
    pub(crate) fn is_signalled(&self) -> bool {
        self.signalled.load(Ordering::Acquire)
    }

    /// True once it is clear that this incarnation ends.
    pub(crate) fn is_ending(&self) -> bool {
        let state = lock(&self.state);
        state.ending
            || matches!(state.signal, Some(Signal::Kill))
            || matches!(state.phase, Phase::Exited(_))
    }

    /// Says that it ends for want of messages: its supervisor forgets it, and restarts nothing.
    pub(crate) fn passivate(&self) {
        lock(&self.state).passivated = true;
    }

    pub(crate) fn is_passivated(&self) -> bool {
        lock(&self.state).passivated
    }

    /// Says that a supervisor ends because its work is done. Its reason does not tell: as in OTP,
    /// it is that of a supervisor which gives up.
    pub(crate) fn finish_work(&self) {
        self.finished.store(true, Ordering::Release);
    }

    pub(crate) fn has_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    /// Says that this incarnation ends.
    pub(crate) fn end(&self) {
        let unanswered = {
            let mut state = lock(&self.state);
            state.ending = true;
            state.rare.as_mut().map(|rare| mem::take(&mut rare.asked))
        };
        // Whoever asked learns of it, outside of the lock.
        drop(unanswered);
    }

    pub(crate) fn enter_phase(&self, phase: Phase) {
        {
            let mut state = lock(&self.state);
            let began = match &phase {
                Phase::Started => Some(Began::Started),
                Phase::Ignored => Some(Began::Ignored),
                Phase::Starting | Phase::Exited(_) => None,
            };
            state.outcome = state.outcome.or(began);
            // Who has exited stays so, whatever is said in its name.
            if matches!(state.phase, Phase::Exited(_)) {
                return;
            }
            state.phase = phase;
        }
        self.changed.notify_waiters();
    }

    pub(crate) fn is_alive(&self) -> bool {
        !matches!(lock(&self.state).phase, Phase::Exited(_))
    }

    pub(crate) fn phase(&self) -> Phase {
        lock(&self.state).phase.clone()
    }

    /// Waits until it has started, ignored or failed; what came after that does not matter.
    pub(crate) async fn start_outcome(&self) -> Phase {
        self.wait_for(|state| match (state.outcome, &state.phase) {
            (Some(Began::Started), _) => Some(Phase::Started),
            (Some(Began::Ignored), _) => Some(Phase::Ignored),
            (None, Phase::Starting) => None,
            (None, phase) => Some(phase.clone()),
        })
        .await
    }

    /// Waits until it has exited, and its supervisor has been told: what is asked of that one from
    /// then on comes after the exit.
    pub(crate) async fn exited(&self) -> ExitReason {
        self.wait_for(|state| match &state.phase {
            Phase::Exited(reason) if state.reported => Some(reason.clone()),
            _ => None,
        })
        .await
    }

    async fn wait_for<T>(&self, wanted: impl Fn(&State) -> Option<T>) -> T {
        loop {
            // Made before the look: a change after it is not missed.
            let changed = self.changed.notified();
            if let Some(found) = wanted(&lock(&self.state)) {
                return found;
            }
            changed.await;
        }
    }

    /// Says that it occupies `place`, which it vacates when it has ended.
    pub(crate) fn occupies(&self, place: &Arc<Slot>) {
        lock(&self.state).place = Some(place.clone());
    }

    /// Says that it is a service that has started, `begun` before.
    pub(crate) fn serves_since(&self, begun: Instant) {
        lock(&self.state).begun = Some(begun);
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Process({}#{})", self.path(), self.id)
    }
}
