//! How children are stopped.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use crate::activity::Watch;
use crate::child_spec::Shutdown;
use crate::exit::ExitReason;
use crate::process::Process;
use crate::rt::{Arc, Instant, Sleep, after, select, sleep, sleep_until};

use super::alarm::Alarm;
use super::log::RestartLog;

/// How long an aborted worker may take to reach an await before it counts as stuck; also what
/// a child with `BrutalKill` has for its `terminate` when its supervisor was killed.
const GRACE: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 5_000 });

/// Whether a stopped process is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    Gone,
    /// A handler that does not yield: it cannot be ended from outside.
    Stuck,
}

/// Waits for `future`, but not longer than `limit`.
pub(crate) async fn within<T>(
    limit: Option<Duration>,
    future: impl Future<Output = T>,
) -> Option<T> {
    let mut future = pin!(future);
    // Made when it turns out that there is something to wait for.
    let mut time: Option<Pin<Box<Sleep>>> = None;
    poll_fn(|cx| match (future.as_mut().poll(cx), limit) {
        (Poll::Ready(output), _) => Poll::Ready(Some(output)),
        (Poll::Pending, Some(limit)) => {
            let time = time.get_or_insert_with(|| Box::pin(sleep(limit)));
            time.as_mut().poll(cx).map(|()| None)
        }
        (Poll::Pending, None) => Poll::Pending,
    })
    .await
}

/// Stops one process by its policy and waits until it is gone.
pub(super) async fn stop(process: &Process, shutdown: Shutdown, alarm: &mut Alarm) -> Stopped {
    let limit = match shutdown {
        Shutdown::BrutalKill => return kill(process).await,
        Shutdown::Timeout(limit) => Some(limit),
        Shutdown::Infinity => None,
    };
    let now = Instant::now();
    let mut watch = Watch::since(now, process.activity());
    process.stop_in_time(ExitReason::Shutdown);
    let due = limit.map(|limit| after(now, limit));
    if alarm.before(due, process.exited()).await.is_some() {
        return Stopped::Gone;
    }
    let (path, doing) = (process.path(), watch.look(process.activity()));
    tracing::warn!(
        target: "scope", { scope.actor.id = %path },
        "killing {path}, which did not stop in its {limit:?}: {doing}",
        limit = limit.unwrap_or_default()
    );
    kill_watched(process, watch).await
}

/// Kills one process and waits until it is gone.
pub(super) async fn kill(process: &Process) -> Stopped {
    kill_watched(process, Watch::new(process.activity())).await
}

/// Kills one process that was `watch`ed since it was told to stop.
async fn kill_watched(process: &Process, mut watch: Watch) -> Stopped {
    process.kill();
    // A supervisor is gone when its children are, each of which has its own time.
    let grace = if process.is_supervisor() {
        None
    } else {
        Some(GRACE)
    };
    if within(grace, process.exited()).await.is_some() {
        return Stopped::Gone;
    }
    let (path, doing) = (process.path(), watch.look(process.activity()));
    tracing::error!(
        target: "scope", { scope.actor.id = %path },
        "{path} is stuck {doing}: it was killed, but does not yield, so nothing starts in its place"
    );
    Stopped::Stuck
}

/// What all the processes are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    /// Their supervisor stops.
    Shutdown,
    /// Their supervisor was killed.
    Killed,
}

/// Stops all processes at once, each within its own time, and waits until they are gone.
pub(super) async fn stop_together(
    processes: Vec<(Arc<Process>, Shutdown)>,
    farewell: Farewell,
    log: &RestartLog,
) {
    let now = Instant::now();
    let mut waiting = Vec::with_capacity(processes.len());
    for (process, shutdown) in processes {
        let deadline = match (shutdown, farewell) {
            (Shutdown::Infinity, _) => None,
            (Shutdown::Timeout(limit), _) => Some(after(now, limit)),
            (Shutdown::BrutalKill, Farewell::Killed) => Some(now + GRACE),
            (Shutdown::BrutalKill, Farewell::Shutdown) => {
                process.kill();
                Some(now)
            }
        };
        if shutdown != Shutdown::BrutalKill || farewell == Farewell::Killed {
            process.stop_in_time(match farewell {
                Farewell::Shutdown => ExitReason::Shutdown,
                Farewell::Killed => ExitReason::Killed,
            });
        }
        let watch = Watch::new(process.activity());
        waiting.push((deadline, process, watch));
    }
    // Those with the least time first: whoever is waited for has not had more than its own.
    waiting.sort_by_key(|(deadline, ..)| (deadline.is_none(), *deadline));
    let mut killed = Vec::new();
    for (deadline, process, watch) in waiting {
        if !exits_before(&process, deadline).await {
            process.kill();
            killed.push((process, watch));
        }
    }
    for (process, watch) in killed {
        if kill_watched(&process, watch).await == Stopped::Stuck {
            log.add_stuck(process);
        }
    }
}

async fn exits_before(process: &Process, deadline: Option<Instant>) -> bool {
    let Some(deadline) = deadline else {
        process.exited().await;
        return true;
    };
    select! {
        biased;
        _ = process.exited() => true,
        () = sleep_until(deadline) => false,
    }
}

#[cfg(test)]
mod tests;
