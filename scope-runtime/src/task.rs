//! Tasks that a service owns: linked to it, as in OTP.

use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use crate::exit::{ExitReason, contain};
use crate::process::{Pid, Process};
use crate::ring::with_deadline;
use crate::rt::{AbortHandle, Arc, Instant, Mutex, Weak, lock, oneshot, spawn};

/// The tasks of one incarnation. Dropped with it, and so are they.
pub(crate) struct Owner {
    process: Weak<Process>,
    running: Mutex<Vec<Stopper>>,
}

impl Owner {
    pub(crate) fn new(process: &Arc<Process>) -> Self {
        Self {
            process: Arc::downgrade(process),
            running: Mutex::default(),
        }
    }

    /// Runs `future` as a task whose panic is the owner's.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        deadline: Option<Instant>,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        let (sender, result) = oneshot::channel();
        let owner = self.process.clone();
        let abort = spawn(async move {
            let ended = guarded(deadline, future).await;
            if let (Err(panic), Some(owner)) = (&ended, owner.upgrade()) {
                owner.crash(panic.clone());
            }
            // Nobody has to wait for it.
            drop(sender.send(ended));
        });
        let stopper = Stopper::Abort(abort);
        self.link(stopper.clone());
        Task { result, stopper }
    }

    /// Drops a task when the owner ends.
    pub(crate) fn link(&self, task: Stopper) {
        let mut running = lock(&self.running);
        if running.len() == running.capacity() {
            running.retain(|task| !task.is_finished());
        }
        running.push(task);
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        for task in mem::take(&mut *lock(&self.running)) {
            task.stop();
        }
    }
}

/// Runs a future to its end; a panic in it becomes an exit reason.
pub(crate) async fn guarded<T>(
    deadline: Option<Instant>,
    future: impl Future<Output = T>,
) -> Result<T, ExitReason> {
    let mut future = pin!(future);
    poll_fn(move |cx| {
        with_deadline(deadline, || match contain(|| future.as_mut().poll(cx)) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        })
    })
    .await
}

/// The result of a task that runs beside a service; see [`Context::spawn`](crate::Context::spawn).
///
/// Dropping it does not stop the task.
///
/// # Errors
/// Awaited, it gives `Killed` if the task was aborted, and `Panic` if it panicked.
#[must_use = "the task runs whether or not this is awaited; `drop` it to say so"]
pub struct Task<T> {
    result: oneshot::Receiver<Result<T, ExitReason>>,
    stopper: Stopper,
}

/// How a task is dropped before it is done.
#[derive(Clone)]
pub(crate) enum Stopper {
    Abort(AbortHandle),
    /// It is a supervised child; none if it ended at once.
    Child(Option<Pid>),
}

impl Stopper {
    fn stop(&self) {
        match self {
            Self::Abort(task) => task.abort(),
            Self::Child(pid) => {
                if let Some(pid) = pid {
                    pid.stop(ExitReason::Shutdown);
                }
            }
        }
    }

    fn is_finished(&self) -> bool {
        match self {
            Self::Abort(task) => task.is_finished(),
            Self::Child(pid) => !pid.as_ref().is_some_and(Pid::is_alive),
        }
    }
}

impl<T> Task<T> {
    pub(crate) fn supervised(
        result: oneshot::Receiver<Result<T, ExitReason>>,
        pid: Option<Pid>,
    ) -> Self {
        Self {
            result,
            stopper: Stopper::Child(pid),
        }
    }

    pub(crate) fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Drops the task at its next await.
    pub fn abort(&self) {
        self.stopper.stop();
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, ExitReason>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = ready!(Pin::new(&mut self.result).poll(cx));
        Poll::Ready(ended.unwrap_or(Err(ExitReason::Killed)))
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("finished", &self.stopper.is_finished())
            .finish_non_exhaustive()
    }
}
