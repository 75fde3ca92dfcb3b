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
//! - When the future has ended, it is dropped first; then the exit hooks run in the order in which
//!   they were added (the slot is vacated, monitors fire), the supervisor's last. So whoever
//!   learns of an exit knows that nothing of the incarnation is left.
//! - A linked task *holds* its owner: the hooks run when the last of them is dropped, too.

mod hooks;
mod lane;
mod stage;

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::activity::{Activity, Doing};
use crate::child_spec::ChildType;
use crate::exit::{ExitReason, contain, contain_drop};
use crate::namespace::Namespace;
use crate::rt::{
    AbortHandle, Arc, AtomicBool, Mutex, Notify, Numbers, OnceLock, Ordering, lock, spawn,
};
use crate::slot::Slot;
use crate::supervisor::RestartLog;
use crate::surroundings::Home;

use self::hooks::Hooks;
use self::lane::Asked;
pub(crate) use self::lane::{Ask, Order};
pub use self::stage::Stage;

/// What runs as a child.
pub type ChildFuture = Pin<Box<dyn Future<Output = ExitReason> + Send>>;

/// What runs once when a process has ended.
pub(crate) type ExitHook = Box<dyn FnOnce(&ExitReason) + Send>;

pub(crate) struct Process {
    id: u64,
    path: Arc<str>,
    child_type: ChildType,
    home: Home,
    /// Set when a supervisor ended because its significant children had.
    finished: AtomicBool,
    /// Set while something waits in the lane: the service loop looks at it before each message.
    signalled: AtomicBool,
    /// What it does now.
    activity: Activity,
    /// Where a supervisor takes its requests, and the log of its tree; a worker has none.
    inbox: OnceLock<(Arc<Slot>, Arc<RestartLog>)>,
    /// Where its supervisor takes requests; the process at the top of a tree has none.
    parent: OnceLock<Arc<Slot>>,
    /// How the start went: a process may have started and exited before anyone looked.
    outcome: OnceLock<Phase>,
    /// Tells of each change of the phase.
    changed: Notify,
    state: Mutex<State>,
}

struct State {
    phase: Phase,
    signal: Option<Signal>,
    asked: Asked,
    ending: bool,
    passivated: bool,
    /// Whoever told it to stop kills it when it takes too long.
    timed: bool,
    lane: Option<Waker>,
    hooks: Hooks,
    /// The supervisor's own hook.
    parent: Option<ExitHook>,
    /// What runs after that; `None` once it has.
    afterwards: Option<Vec<ExitHook>>,
    abort: Option<AbortHandle>,
    /// How many linked tasks are not dropped yet.
    holds: usize,
    /// Its future is gone, for this reason; its linked tasks are not.
    held: Option<ExitReason>,
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

/// Keeps a process from having exited; see the protocol.
pub(crate) struct Hold {
    process: Arc<Process>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let held = {
            let mut state = lock(&self.process.state);
            state.holds -= 1;
            if state.holds == 0 {
                state.held.take()
            } else {
                None
            }
        };
        if let Some(reason) = held {
            self.process.finish(&reason);
        }
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
    pub(crate) fn new(path: Arc<str>, child_type: ChildType, home: Home) -> Arc<Self> {
        static NEXT: Numbers = Numbers::new();
        Arc::new(Self {
            id: NEXT.next(),
            path,
            child_type,
            home,
            finished: AtomicBool::new(false),
            signalled: AtomicBool::new(false),
            activity: Activity::default(),
            inbox: OnceLock::new(),
            parent: OnceLock::new(),
            outcome: OnceLock::new(),
            changed: Notify::new(),
            state: Mutex::new(State {
                phase: Phase::Starting,
                signal: None,
                asked: Asked::default(),
                ending: false,
                passivated: false,
                timed: false,
                lane: None,
                hooks: Hooks::default(),
                parent: None,
                afterwards: Some(Vec::new()),
                abort: None,
                holds: 0,
                held: None,
            }),
        })
    }

    /// Runs `future` as this process, on the current runtime.
    pub(crate) fn run(self: &Arc<Self>, future: ChildFuture) {
        self.namespace().enter(self);
        let abort = spawn(Task {
            process: self.clone(),
            future: Some(future),
        });
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
        &self.path
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
        let known = self.inbox.set((inbox, log));
        debug_assert!(known.is_ok(), "a process becomes a supervisor once");
    }

    pub(crate) fn inbox(&self) -> Option<&Arc<Slot>> {
        self.inbox.get().map(|(inbox, _)| inbox)
    }

    /// Says who supervises it.
    pub(crate) fn set_parent(&self, inbox: Arc<Slot>) {
        let known = self.parent.set(inbox);
        debug_assert!(known.is_ok(), "a process has one supervisor");
    }

    pub(crate) fn parent(&self) -> Option<&Arc<Slot>> {
        self.parent.get()
    }

    /// The restarts of the tree that this supervisor belongs to.
    pub(crate) fn restart_log(&self) -> Option<&Arc<RestartLog>> {
        self.inbox.get().map(|(_, log)| log)
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

    /// The signal in the lane, if there is one; else the lane wakes `cx` when one comes.
    pub(crate) fn poll_signal(&self, cx: &Context<'_>) -> Poll<Signal> {
        lock(&self.state).poll_signal(cx)
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
            mem::take(&mut state.asked.queue)
        };
        // Whoever asked learns of it, outside of the lock.
        drop(unanswered);
    }

    pub(crate) fn enter_phase(&self, phase: Phase) {
        self.outcome.get_or_init(|| phase.clone());
        {
            let mut state = lock(&self.state);
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
        let started = |state: &State| match &state.phase {
            Phase::Starting => None,
            phase => Some(phase.clone()),
        };
        let phase = self.wait_for(started).await;
        self.outcome.get().cloned().unwrap_or(phase)
    }

    /// Waits until it has exited, and its supervisor has been told: what is asked of that one from
    /// then on comes after the exit.
    pub(crate) async fn exited(&self) -> ExitReason {
        self.wait_for(|state| match &state.phase {
            Phase::Exited(reason) if state.afterwards.is_none() => Some(reason.clone()),
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

    /// Runs `hook` when this process has ended; now, if it has. Gives the hook's number.
    pub(crate) fn on_exit(&self, hook: ExitHook) -> u64 {
        let mut state = lock(&self.state);
        if let Phase::Exited(reason) = &state.phase {
            let reason = reason.clone();
            let number = state.hooks.reserve();
            drop(state);
            hook(&reason);
            number
        } else {
            state.hooks.add(hook)
        }
    }

    /// Takes a hook back.
    pub(crate) fn remove_hook(&self, number: u64) {
        let hook = lock(&self.state).hooks.remove(number);
        // Dropped outside of the lock: it holds values of the user's.
        drop(hook);
    }

    /// Sets the hook that runs after all others: how a supervisor learns of the exit.
    pub(crate) fn report_exit_to(&self, parent: ExitHook) {
        lock(&self.state).parent = Some(parent);
    }

    /// Runs `hook` when the supervisor has been told of the exit; now, if it has.
    pub(crate) fn after_report(&self, hook: ExitHook) {
        let mut state = lock(&self.state);
        if let Some(afterwards) = &mut state.afterwards {
            afterwards.push(hook);
        } else if let Phase::Exited(reason) = &state.phase {
            let reason = reason.clone();
            drop(state);
            hook(&reason);
        }
    }

    /// Puts its exit off until the hold is dropped.
    pub(crate) fn hold(self: &Arc<Self>) -> Hold {
        lock(&self.state).holds += 1;
        Hold {
            process: self.clone(),
        }
    }

    /// Its future is dropped: it has exited as soon as nobody holds it.
    fn finish_unheld(&self, reason: ExitReason) {
        {
            let mut state = lock(&self.state);
            if state.holds > 0 {
                state.held = Some(reason);
                self.activity.enter(Doing::LinkedTask);
                return;
            }
        }
        self.finish(&reason);
    }

    fn finish(&self, reason: &ExitReason) {
        self.namespace().leave(self);
        loop {
            // A hook may add another one.
            let hooks = lock(&self.state).hooks.take();
            if hooks.is_empty() {
                break;
            }
            for hook in hooks {
                self.run_hook(hook, reason);
            }
        }
        let (late, parent) = {
            let mut state = lock(&self.state);
            state.phase = Phase::Exited(reason.clone());
            state.abort = None;
            (state.hooks.take(), state.parent.take())
        };
        for hook in late.into_iter().chain(parent) {
            self.run_hook(hook, reason);
        }
        let afterwards = lock(&self.state).afterwards.take();
        for hook in afterwards.into_iter().flatten() {
            self.run_hook(hook, reason);
        }
        self.changed.notify_waiters();
    }

    fn run_hook(&self, hook: ExitHook, reason: &ExitReason) {
        // Hooks drop messages of the user's, whose destructors may panic.
        if let Err(panic) = contain(|| hook(reason)) {
            tracing::error!(target: "scope", process = %self.path, %panic, "a destructor panicked at exit");
        }
    }
}

/// The tokio task of a process: contains panics, and reports the exit once nothing is left.
struct Task {
    process: Arc<Process>,
    future: Option<ChildFuture>,
}

impl Task {
    fn end(&mut self, reason: ExitReason) {
        self.process.end();
        let dropped = contain_drop(self.future.take());
        // A panic while the state is dropped is a crash, unless there already is a worse reason.
        let reason = match dropped {
            Err(panic) if reason.is_clean() => panic,
            _ => reason,
        };
        self.process.finish_unheld(reason);
    }
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(future) = &mut self.future else {
            return Poll::Ready(());
        };
        let reason = match contain(|| future.as_mut().poll(cx)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(reason)) => reason,
            Err(panic) => panic,
        };
        self.end(reason);
        Poll::Ready(())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // Aborted, or the runtime went away.
        if self.future.is_some() {
            self.end(ExitReason::Killed);
        }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Process({}#{})", self.path, self.id)
    }
}
