//! Deadlines: when a call's time begins and ends, whoever looks at it, and who inherits it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::mpsc;
use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Journal, TestContext, settle};
use tokio::task::JoinSet;

const LIMIT: Duration = Duration::from_millis(50);

/// Until whoever has the [`LIMIT`] has no time left.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing else is to run on this thread meanwhile"
)]
fn hold_the_thread() {
    std::thread::sleep(LIMIT * 2);
}

/// Hangs in several ways.
#[service]
struct Worker;

#[handlers]
impl Worker {
    #[init]
    fn new() -> Self {
        Self
    }

    #[call]
    fn quick(&self) -> u32 {
        1
    }

    #[call]
    async fn hang(&self) {
        std::future::pending::<()>().await;
    }

    /// Does not yield meanwhile.
    #[cast]
    fn block(&self) {
        hold_the_thread();
    }

    /// Does not yield until it is told to.
    #[call]
    fn wait(&self, told: mpsc::Receiver<()>) {
        assert!(told.recv().is_ok());
    }

    #[call]
    fn note(&self, journal: Journal<&'static str>) {
        journal.note("handled");
    }
}

/// Calls the worker when its own caller may be gone.
#[service(requires(Worker))]
struct Front {
    journal: Journal<(bool, Duration)>,
}

#[handlers]
impl Front {
    #[init]
    fn new(journal: Journal<(bool, Duration)>, cx: &Context<Self>) -> Self {
        let (worker, began) = (cx.service::<Worker>(), tokio::time::Instant::now());
        let noted = journal.clone();
        // Of nobody's call.
        drop(cx.spawn(async move { noted.note((worker.quick().await.is_ok(), began.elapsed())) }));
        Self { journal }
    }

    #[call]
    async fn hang(&self) {
        std::future::pending::<()>().await;
    }

    /// Flushes, so to say.
    #[terminate]
    async fn close(&self, cx: &Context<Self>) {
        let began = tokio::time::Instant::now();
        let answer = cx.service::<Worker>().quick().await;
        self.journal.note((answer.is_ok(), began.elapsed()));
    }

    #[call]
    async fn outlast(&self) {
        tokio::time::sleep(2 * LIMIT).await;
    }

    #[call]
    async fn late(&self, cx: &Context<Self>) {
        let began = tokio::time::Instant::now();
        tokio::time::sleep(LIMIT / 2).await;
        let answer = cx.service::<Worker>().hang().await;
        self.journal.note((answer.is_ok(), began.elapsed()));
    }
}

supervisor! {
    supervisor Shop(journal: Journal<(bool, Duration)>) {
        strategy: one_for_one,

        worker: Worker(),
        front: Front(journal.clone()),
    }
}

#[scope::test]
async fn a_successor_does_not_inherit_the_time_of_a_killed_ones_caller(cx: TestContext) {
    let journal = Journal::default();
    let shop = cx.start::<Shop>((journal.clone(),)).await;
    assert_eq!(journal.next().await, (true, Duration::ZERO));
    let hung = shop.front().hang().timeout(LIMIT).await;
    assert!(matches!(hung, Err(CallError::Timeout)));
    shop.front().kill();
    assert_eq!(journal.next().await, (true, Duration::ZERO));
}

#[scope::test]
async fn terminate_does_not_inherit_the_time_of_the_last_caller(cx: TestContext) {
    let journal = Journal::default();
    let shop = cx.start::<Shop>((journal.clone(),)).await;
    journal.next().await;
    let late = shop.front().outlast().timeout(LIMIT).await;
    assert!(matches!(late, Err(CallError::Timeout)));
    tokio::time::sleep(2 * LIMIT).await;
    shop.front().stop(ExitReason::Shutdown);
    assert_eq!(journal.next().await, (true, Duration::ZERO));
}

#[scope::test]
async fn a_nested_call_ends_with_its_callers_time_also_when_the_caller_is_gone(cx: TestContext) {
    let journal = Journal::default();
    let shop = cx.start::<Shop>((journal.clone(),)).await;
    journal.next().await;
    let call = shop.front().late().timeout(LIMIT);
    let gave_up = tokio::time::timeout(LIMIT / 10, call).await;
    assert!(gave_up.is_err());
    // Others take the places in the table that callers leave.
    assert!(shop.worker().quick().await.is_ok());
    assert_eq!(journal.next().await, (false, LIMIT));
}

#[scope::test]
async fn a_call_that_timed_out_is_not_handled_though_its_future_is_kept(cx: TestContext) {
    let worker = cx.service::<Worker>(()).await;
    let journal = Journal::default();
    settle().await;
    worker.suspend();
    let mut call = Box::pin(worker.note(journal.clone()).timeout(LIMIT));
    assert!(matches!((&mut call).await, Err(CallError::Timeout)));
    worker.resume();
    settle().await;
    assert_eq!(journal.take(), Vec::<&str>::new());
    assert_eq!(worker.mailbox().counters.expired, 1);
}

#[scope::test]
async fn a_caller_that_was_not_polled_since_its_time_was_up_has_timed_out(cx: TestContext) {
    let worker = cx.service::<Worker>(()).await;
    let journal = Journal::default();
    settle().await;
    worker.suspend();
    let mut call = Box::pin(worker.note(journal.clone()).timeout(LIMIT));
    tokio::select! {
        biased;
        early = &mut call => panic!("{early:?}"),
        () = settle() => {}
    }
    tokio::time::sleep(LIMIT * 2).await;
    worker.resume();
    settle().await;
    assert_eq!(journal.take(), Vec::<&str>::new());
    assert!(matches!(call.await, Err(CallError::Timeout)));
}

/// A worker and its runtime of one thread, on real time.
fn on_one_thread(name: &'static str) -> (tokio::runtime::Runtime, WorkerHandle, scope::Root) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let spec = scope::SupervisorSpec::new(scope::Strategy::OneForOne)
        .child(scope::ChildSpec::service::<Worker>("worker", || ()));
    let namespace = Namespace::test(name);
    let root = runtime.block_on(spec.start("Root", namespace.clone()));
    (runtime, Worker::via(&namespace), root.unwrap())
}

#[test]
fn no_call_is_handled_late_behind_a_handler_that_does_not_yield() {
    let (runtime, worker, root) = on_one_thread("behind a block");
    runtime.block_on(async {
        for quick in [0, 33, 40] {
            let journal = Journal::default();
            let first: JoinSet<_> = (0..quick).map(|_| worker.quick()).collect();
            let block: JoinSet<_> = [worker.block()].into_iter().collect();
            let call = |_| worker.note(journal.clone()).timeout(LIMIT);
            let late: JoinSet<_> = (0..20).map(call).collect();
            let late = late.join_all().await;
            assert!(late.iter().all(|it| matches!(it, Err(CallError::Timeout))));
            assert!(first.join_all().await.iter().all(Result::is_ok));
            assert!(block.join_all().await.iter().all(Result::is_ok));
            assert_eq!(journal.take(), Vec::<&str>::new());
        }
        root.stop(ExitReason::Shutdown).await;
    });
}

#[test]
fn a_call_to_an_idle_service_is_not_handled_late_behind_another_task() {
    let (runtime, worker, root) = on_one_thread("behind a task");
    runtime.block_on(async {
        let journal = Journal::default();
        worker.quick().await.unwrap();
        let mut call = pin!(worker.note(journal.clone()).timeout(LIMIT));
        let answer = poll_fn(|cx| {
            let polled = call.as_mut().poll(cx);
            hold_the_thread();
            polled
        });
        assert!(matches!(answer.await, Err(CallError::Timeout)));
        assert_eq!(journal.take(), Vec::<&str>::new());
        root.stop(ExitReason::Shutdown).await;
    });
}

/// A runtime for callers.
fn another_runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// What became of a call with a [`LIMIT`], which is not waited for for ever.
async fn outcome<T>(call: impl Future<Output = Result<T, CallError>>) -> Result<T, CallError> {
    let outcome = tokio::time::timeout(LIMIT * 100, call).await;
    outcome.expect("a deadline is kept")
}

#[test]
fn a_deadline_is_kept_while_the_runtime_of_the_service_is_blocked() {
    let (runtime, worker, root) = on_one_thread("blocked");
    let (tell, told) = mpsc::channel();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    std::thread::scope(|threads| {
        threads.spawn(|| runtime.block_on(ended));
        let call = worker.wait(told).timeout(LIMIT);
        let answer = another_runtime().block_on(outcome(call));
        assert!(matches!(answer, Err(CallError::Timeout)));
        tell.send(()).unwrap();
        end.send(()).unwrap();
    });
    runtime.block_on(root.stop(ExitReason::Shutdown));
}

#[test]
fn a_deadline_is_kept_while_nobody_drives_the_runtime_of_the_service() {
    let (runtime, worker, root) = on_one_thread("not driven");
    let journal = Journal::default();
    let call = worker.note(journal.clone()).timeout(LIMIT);
    let answer = another_runtime().block_on(outcome(call));
    assert!(matches!(answer, Err(CallError::Timeout)));
    runtime.block_on(root.stop(ExitReason::Shutdown));
    assert_eq!(journal.take(), Vec::<&str>::new());
}

/// On real time and two runtimes: a caller whose runtime is left alone keeps no other caller waiting.
#[test]
fn a_runtime_that_is_left_alone_in_the_middle_holds_up_nobodys_deadline() {
    let own = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let spec = scope::SupervisorSpec::new(scope::Strategy::OneForOne)
        .child(scope::ChildSpec::service::<Worker>("worker", || ()));
    let namespace = Namespace::test("left alone");
    let root = own.block_on(spec.start("Root", namespace.clone())).unwrap();
    let worker = Worker::via(&namespace);
    let bridge = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    bridge.block_on(worker.quick().timeout(LIMIT)).unwrap();
    let hung = own.block_on(worker.hang().timeout(LIMIT * 2));
    assert!(matches!(hung, Err(CallError::Timeout)));
    own.block_on(root.stop(ExitReason::Shutdown));
}
