//! Running a test: the runtime, the context, and the end.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::Termination;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::context::TestContext;
use crate::kit::{Failure, Kit};

/// How a test runs.
///
/// | | runtime | time |
/// | --- | --- | --- |
/// | `new` | one thread | paused: it passes when nobody has anything to do |
/// | `real_time` | one thread | real |
/// | `threads` | so many threads | real |
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    test: &'static str,
    clock: Clock,
}

#[derive(Clone, Copy, Debug)]
enum Clock {
    Paused,
    Real,
    Threads(usize),
}

impl Settings {
    /// The defaults, for the test with this path.
    pub const fn new(test: &'static str) -> Self {
        Self {
            test,
            clock: Clock::Paused,
        }
    }

    /// Lets time pass as it does: for tests that wait for the outside world.
    #[must_use = "gives the changed settings"]
    pub const fn real_time(self) -> Self {
        Self {
            clock: Clock::Real,
            ..self
        }
    }

    /// Runs services on `threads` threads, in real time.
    #[must_use = "gives the changed settings"]
    pub const fn threads(self, threads: usize) -> Self {
        Self {
            clock: Clock::Threads(threads),
            ..self
        }
    }

    fn runtime(self) -> Runtime {
        let mut builder = match self.clock {
            Clock::Paused => {
                let mut builder = Builder::new_current_thread();
                builder.start_paused(true);
                builder
            }
            Clock::Real => Builder::new_current_thread(),
            Clock::Threads(threads) => {
                let mut builder = Builder::new_multi_thread();
                builder.worker_threads(threads);
                builder
            }
        };
        builder
            .enable_all()
            .build()
            .expect("a runtime needs no more than the operating system gives every program")
    }

    /// How long the test may take. Paused time comes here at once when all tasks wait for ever.
    fn test_limit(self) -> Option<Duration> {
        match self.clock {
            Clock::Paused => Some(Duration::from_secs(24 * 60 * 60)),
            Clock::Real | Clock::Threads(_) => None,
        }
    }

    /// How long each tree may take to stop: more than the five seconds of a child that does not
    /// obey, and as long as a declared shutdown may be where that costs nothing.
    fn stop_limit(self) -> Duration {
        match self.clock {
            Clock::Paused => Duration::from_secs(60 * 60),
            Clock::Real | Clock::Threads(_) => Duration::from_secs(10),
        }
    }
}

/// Runs a test to its end; what `#[scope::test]` expands to.
///
/// The test gets a namespace that nobody else has. When its function has returned or panicked,
/// what it started through its context is stopped in reverse order, and then the namespace must be
/// empty.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use scope_test::{Settings, TestContext, run};
///
/// // An hour passes at once: time is paused, and nobody else has anything to do.
/// run(Settings::new("an_hour"), async |cx: TestContext| {
///     tokio::time::sleep(Duration::from_secs(3600)).await;
///     assert_eq!(cx.namespace().process_count(), 0);
/// });
/// ```
///
/// # Panics
/// - With the panic of the test, after everything was stopped.
/// - If a tree did not stop in time, which is an hour of paused time or ten seconds of real time;
///   it is killed then.
/// - If processes of the namespace are alive six seconds after that. They are dropped with the
///   runtime.
/// - In paused time, if everybody waits for something that never comes.
/// - Within another tokio runtime.
pub fn run<T: Termination>(settings: Settings, test: impl AsyncFnOnce(TestContext) -> T) -> T {
    let kit = Arc::new(Kit::new(settings.test));
    let runtime = settings.runtime();
    let cx = TestContext::new(kit.clone());
    let (outcome, failures) = runtime.block_on(async {
        let outcome = contain(settings, test(cx)).await;
        (outcome, kit.take_down(settings.stop_limit()).await)
    });
    // A leaked task that blocks its thread must not block the test.
    runtime.shutdown_background();
    conclude(outcome, &failures)
}

type Outcome<T> = Result<T, Box<dyn Any + Send>>;

/// Runs the test's future and drops it; a panic of either is its outcome.
async fn contain<T>(settings: Settings, test: impl Future<Output = T>) -> Outcome<T> {
    let mut test = Box::pin(async {
        let Some(limit) = settings.test_limit() else {
            return test.await;
        };
        let Ok(output) = timeout(limit, test).await else {
            panic!("everybody waits for something that never comes");
        };
        output
    });
    // Nobody looks at what a panic may have left half-changed: the test is over.
    let outcome = poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| test.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic)),
        },
    )
    .await;
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(test)));
    outcome.and_then(|output| dropped.map(|()| output))
}

#[expect(
    clippy::print_stderr,
    reason = "a test has one panic, and that is its own"
)]
fn conclude<T: Termination>(outcome: Outcome<T>, failures: &[Failure]) -> T {
    let report = failures
        .iter()
        .map(Failure::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    match outcome {
        Ok(output) if failures.is_empty() => output,
        Ok(output) => {
            // Prints the test's error, if that is what it returned.
            let _code = output.report();
            panic!("{report}")
        }
        Err(panic) => {
            if !failures.is_empty() {
                eprintln!("{report}");
            }
            resume_unwind(panic)
        }
    }
}
