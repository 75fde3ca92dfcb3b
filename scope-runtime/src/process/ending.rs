//! How a process ends: its task, what holds its end up, and in which order others learn of it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{ChildFuture, ExitHook, Phase, Process};
use crate::exit::{ExitReason, contain, contain_drop};
use crate::remains;
use crate::rt::{Arc, lock};
use crate::supervisor::report_exit;
use crate::telemetry;

/// The tokio task of a process: contains panics, and reports the exit once nothing is left. With one more field it
/// would be a cache line larger: tokio rounds its tasks up to two of them.
pub(super) struct Task {
    process: Arc<Process>,
    future: Option<ChildFuture>,
}

impl Task {
    pub(super) fn new(process: Arc<Process>, future: ChildFuture) -> Self {
        Self {
            process,
            future: Some(future),
        }
    }

    fn end(&mut self, reason: ExitReason) {
        self.process.end();
        let future = self.future.take();
        let dropped = remains::with_remains(self.process.id(), || contain_drop(future));
        // A panic while the state is dropped is a crash, unless there already is a worse reason.
        let reason = match dropped {
            Err(panic) if reason.is_clean() => panic,
            _ => reason,
        };
        if let Some(reason) = self.process.unheld(reason) {
            self.process.finish(&reason);
        }
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

/// Keeps a process from having exited; see the protocol.
pub(crate) struct Hold {
    pub(super) process: Arc<Process>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let held = self.process.release();
        if let Some(reason) = held {
            self.process.finish(&reason);
        }
    }
}

impl Process {
    fn finish(&self, reason: &ExitReason) {
        self.namespace().leave(self);
        self.vacate(reason);
        while let Some(hook) = self.next_hook(reason) {
            self.run_hook(|| hook(reason));
        }
        self.run_hook(|| report_exit(self, reason));
        for hook in self.reported() {
            self.run_hook(|| hook(reason));
        }
        self.changed.notify_waiters();
    }

    /// Leaves its slot, and tells of the end of a service.
    fn vacate(&self, reason: &ExitReason) {
        let (place, begun) = {
            let mut state = lock(&self.state);
            (state.place.take(), state.begun)
        };
        let Some(place) = place else { return };
        self.run_hook(|| place.queue.vacate(self.id, reason));
        if let Some(begun) = begun {
            self.run_hook(|| telemetry::stopped(&place, self.id, begun, reason));
        }
    }

    /// The next of the hooks; it has exited when there are no more.
    fn next_hook(&self, reason: &ExitReason) -> Option<ExitHook> {
        let mut state = lock(&self.state);
        let next = state.rare.as_mut().and_then(|rare| rare.hooks.pop_first());
        if next.is_none() {
            state.phase = Phase::Exited(reason.clone());
            state.abort = None;
        }
        next.map(|(_, hook)| hook)
    }

    fn run_hook(&self, hook: impl FnOnce()) {
        // Hooks drop messages of the user's, whose destructors may panic.
        if let Err(panic) = contain(hook) {
            tracing::error!(target: "scope", process = %self.path(), %panic, "a destructor panicked at exit");
        }
    }
}
