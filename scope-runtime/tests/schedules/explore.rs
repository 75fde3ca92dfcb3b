//! How a race is explored.

use std::fs;
use std::future::Future;

use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler};
use shuttle::{Config, MaxSteps, Runner};

/// Runs `race` under many schedules.
pub(crate) fn explore<F>(race: impl Fn() -> F + Clone + Send + Sync + 'static)
where
    F: Future<Output = ()> + Send,
{
    if let Ok(schedule) = std::env::var("SCOPE_REPLAY") {
        let schedule = fs::read_to_string(&schedule).unwrap_or(schedule);
        run(ReplayScheduler::new_from_encoded(&schedule), race);
        return;
    }
    let schedules = std::env::var("SCOPE_SCHEDULES").map_or(1_000, |it| it.parse().unwrap());
    run(RandomScheduler::new(schedules), race.clone());
    run(PctScheduler::new(3, schedules / 4), race);
}

fn run<F>(scheduler: impl Scheduler + 'static, race: impl Fn() -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + Send,
{
    let mut config = Config::new();
    config.stack_size = 0x4_0000;
    // Some hundreds are usual: whoever needs more does not get anywhere.
    config.max_steps = MaxSteps::FailAfter(100_000);
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(move || shuttle::future::block_on(race()));
}

/// Runs beside whatever else runs.
pub(crate) fn spawn<T: Send + 'static>(
    task: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send {
    let task = shuttle::future::spawn(task);
    async { task.await.unwrap() }
}

/// Lets others run.
pub(crate) async fn pause() {
    shuttle::future::yield_now().await;
}

/// Polls `future` this often, and drops it then; what it gave, if it was ready.
pub(crate) async fn give_up_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    use std::future::poll_fn;
    use std::task::Poll;

    let mut future = std::pin::pin!(future);
    for _ in 0..polls {
        let poll = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
        if let Poll::Ready(output) = poll {
            return Some(output);
        }
        pause().await;
    }
    None
}
