//! Tasks that a service owns: linked to it, as in OTP.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use crate::exit::{ExitReason, contain};
use crate::pid::Pid;
use crate::process::{Hold, Process};
use crate::ring::with_deadline;
use crate::rt::{AbortHandle, Arc, Instant, Mutex, OnceLock, Weak, lock, oneshot, spawn};
use crate::telemetry::spans;

/// The tasks of one incarnation. Dropped with it, and so are they: it has not exited before.
#[derive(Default)]
pub(crate) struct Owner {
    /// Made for the first of them.
    links: OnceLock<Arc<Links>>,
}

/// What is linked to an incarnation.
pub(crate) struct Links {
    process: Weak<Process>,
    /// None once the incarnation is over.
    running: Mutex<Option<Vec<Stopper>>>,
}

impl Owner {
    /// True while one of them runs.
    pub(crate) fn is_busy(&self) -> bool {
        self.running() > 0
    }

    /// How many of them run.
    pub(crate) fn running(&self) -> usize {
        let Some(links) = self.links.get() else {
            return 0;
        };
        let running = lock(&links.running);
        let tasks = running.iter().flatten();
        tasks.filter(|task| !task.is_finished()).count()
    }

    /// For whoever links a task to `process`, whose tasks these are.
    pub(crate) fn links(&self, process: &Arc<Process>) -> &Arc<Links> {
        self.links.get_or_init(|| {
            Arc::new(Links {
                process: Arc::downgrade(process),
                running: Mutex::new(Some(Vec::new())),
            })
        })
    }

    /// Runs `future` as a task whose panic is that of `process`, whose tasks these are.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        process: &Arc<Process>,
        deadline: Option<Instant>,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        let (sender, result) = oneshot::channel();
        let links = self.links(process);
        let owner = links.process.clone();
        let (hold, span) = (links.hold(), spans::current());
        let work = async move {
            let ended = spans::within(span, guarded(deadline, future)).await;
            if let (Err(panic), Some(owner)) = (&ended, owner.upgrade()) {
                owner.crash(panic.clone());
            }
            // Nobody has to wait for it.
            drop(sender.send(ended));
        };
        let abort = spawn(Linked {
            work: Box::pin(work),
            _hold: hold,
        });
        let stopper = Stopper::Abort(abort);
        links.link(stopper.clone());
        Task { result, stopper }
    }
}

impl Links {
    /// Puts the owner's exit off; none if it is gone.
    pub(crate) fn hold(&self) -> Option<Hold> {
        self.process.upgrade().map(|process| process.hold())
    }

    /// Drops a task when the owner ends; at once, if it has.
    pub(crate) fn link(&self, task: Stopper) {
        {
            let mut running = lock(&self.running);
            if let Some(running) = &mut *running {
                if running.len() == running.capacity() {
                    running.retain(|task| !task.is_finished());
                }
                running.push(task);
                return;
            }
        }
        task.stop();
    }
}

/// A linked task: the hold goes last.
struct Linked<F> {
    work: Pin<Box<F>>,
    _hold: Option<Hold>,
}

impl<F: Future<Output = ()>> Future for Linked<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.work.as_mut().poll(cx)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let running = self.links.get().map(|links| lock(&links.running).take());
        let running = running.flatten();
        for task in running.into_iter().flatten() {
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
