//! The tokio task of a process.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{ChildFuture, Process};
use crate::exit::{ExitReason, contain, contain_drop};
use crate::ring;
use crate::rt::Arc;

/// Contains panics, and reports the exit once nothing is left. With one more field it
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
        let dropped = ring::with_remains(self.process.id(), || contain_drop(future));
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
