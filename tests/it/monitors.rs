//! Monitors: one `Down` for each end of an incarnation, to whoever asked for it.

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};
use scope::{
    ChildSpec, Intensity, MonitorRef, Restart, Strategy, SupervisorHandle, SupervisorSpec,
};

/// Ends in whatever way it is told to.
#[service(restart = temporary)]
#[derive(Debug)]
struct Target;

#[handlers]
impl Target {
    #[init]
    fn init() -> Self {
        Self
    }

    #[cast]
    fn stop(&mut self, reason: ExitReason, cx: &Context<Self>) {
        cx.stop(reason);
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }
}

#[service]
#[derive(Debug)]
struct Watcher {
    journal: Journal<String>,
    downs: Vec<Down>,
}

#[handlers]
impl Watcher {
    #[init]
    fn init(journal: Journal<String>) -> Self {
        Self {
            journal,
            downs: Vec::new(),
        }
    }

    #[call]
    fn watch(&mut self, cx: &Context<Self>) -> MonitorRef {
        cx.monitor(&Target::via(cx.namespace()))
    }

    #[call]
    fn unwatch(&mut self, monitor: MonitorRef, cx: &Context<Self>) {
        cx.demonitor(monitor);
    }

    /// Keeps it busy.
    #[cast]
    async fn wait(&mut self, gate: Gate) {
        gate.wait().await;
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }

    #[info]
    fn peer_down(&mut self, down: Down) {
        self.journal.note(down.reason.to_string());
        self.downs.push(down);
    }

    #[call]
    fn downs(&mut self) -> Vec<Down> {
        std::mem::take(&mut self.downs)
    }
}

/// A target under a supervisor, and the supervisor.
async fn target(cx: &TestContext, restart: Restart) -> (TargetHandle, SupervisorHandle) {
    let spec = ChildSpec::service::<Target>("target", || ()).restart(restart);
    let spec = SupervisorSpec::new(Strategy::OneForOne)
        .intensity(Intensity::new(100, std::time::Duration::from_secs(1)))
        .child(spec);
    let supervisor = cx.start_spec("Targets", spec).await;
    (Target::via(cx.namespace()), supervisor)
}

async fn watcher(cx: &TestContext) -> (WatcherHandle, Journal<String>) {
    let journal = Journal::default();
    let handle = cx.service::<Watcher>((journal.clone(),)).await;
    (handle, journal)
}

/// Sets a monitor, ends the target with `end`, and expects one `Down` with that reason.
async fn check(
    cx: &TestContext,
    end: impl AsyncFnOnce(TargetHandle, SupervisorHandle),
    expected: &str,
) {
    let (target, supervisor) = target(cx, Restart::Temporary).await;
    let (watcher, journal) = watcher(cx).await;
    let monitor = watcher.watch().await.unwrap();
    let incarnation = target.pid().unwrap().incarnation();
    settle().await;
    assert_eq!(journal.take(), Vec::<String>::new(), "nothing ended yet");
    end(target, supervisor).await;
    settle().await;
    let downs = watcher.downs().await.unwrap();
    assert_eq!(downs.len(), 1, "{downs:?}");
    assert_eq!(&*downs[0].service, "Target");
    assert_eq!(downs[0].incarnation, incarnation);
    assert_eq!(downs[0].monitor, monitor);
    assert_eq!(downs[0].reason.to_string(), expected);
}

#[scope::test]
async fn a_normal_end_is_told_once(cx: TestContext) {
    let end = async |target: TargetHandle, _| target.stop(ExitReason::Normal).await.unwrap();
    check(&cx, end, "normal").await;
}

#[scope::test]
async fn a_stop_by_the_supervisor_is_told_once(cx: TestContext) {
    let end = async |_, supervisor: SupervisorHandle| {
        supervisor.terminate_child("target").await.unwrap();
    };
    check(&cx, end, "shutdown").await;
}

#[scope::test]
async fn an_end_with_an_explanation_is_told_once(cx: TestContext) {
    let reason = ExitReason::shutdown_with("moved");
    let end = async |target: TargetHandle, _| target.stop(reason).await.unwrap();
    check(&cx, end, "shutdown: moved").await;
}

#[scope::test]
async fn a_kill_is_told_once(cx: TestContext) {
    let end = async |target: TargetHandle, _| assert!(target.kill());
    check(&cx, end, "killed").await;
}

#[scope::test]
async fn an_error_is_told_once(cx: TestContext) {
    let end =
        async |target: TargetHandle, _| target.stop(ExitReason::error("disk full")).await.unwrap();
    check(&cx, end, "error: disk full").await;
}

#[scope::test]
async fn a_panic_is_told_once(cx: TestContext) {
    let end = async |target: TargetHandle, _| target.crash().await.unwrap();
    check(&cx, end, "panic: as it was told").await;
}

#[scope::test]
async fn a_monitor_on_nobody_fires_at_once(cx: TestContext) {
    let (watcher, journal) = watcher(&cx).await;
    let monitor = watcher.watch().await.unwrap();
    assert_eq!(journal.next().await, "no process");
    let downs = watcher.downs().await.unwrap();
    assert_eq!((downs.len(), downs[0].incarnation), (1, 0));
    assert_eq!(&*downs[0].service, "Target");
    assert_eq!(downs[0].monitor, monitor);
    // It fired: whoever comes later is not watched.
    let (target, _) = target(&cx, Restart::Temporary).await;
    target.kill();
    settle().await;
    assert_eq!(journal.take(), Vec::<String>::new());
}

#[scope::test]
async fn a_monitor_watches_one_incarnation_and_not_its_successor(cx: TestContext) {
    let (target, _) = target(&cx, Restart::Permanent).await;
    let (watcher, journal) = watcher(&cx).await;
    watcher.watch().await.unwrap();
    target.crash().await.unwrap();
    assert_eq!(journal.next().await, "panic: as it was told");
    target.kill();
    settle().await;
    assert!(target.is_alive(), "it was restarted twice");
    assert_eq!(journal.take(), Vec::<String>::new());
}

#[scope::test]
async fn each_monitor_of_one_watcher_fires(cx: TestContext) {
    let (target, _) = target(&cx, Restart::Temporary).await;
    let (watcher, _) = watcher(&cx).await;
    let first = watcher.watch().await.unwrap();
    let second = watcher.watch().await.unwrap();
    target.kill();
    settle().await;
    let downs = watcher.downs().await.unwrap();
    let fired: Vec<_> = downs.iter().map(|down| down.monitor).collect();
    assert_eq!(fired, [first, second]);
}

#[scope::test]
async fn the_successor_of_a_watcher_receives_nothing(cx: TestContext) {
    let (target, _) = target(&cx, Restart::Temporary).await;
    let (watcher, journal) = watcher(&cx).await;
    watcher.watch().await.unwrap();
    watcher.crash().await.unwrap();
    settle().await;
    assert!(watcher.is_alive(), "it was restarted");
    target.kill();
    settle().await;
    assert_eq!(journal.take(), Vec::<String>::new());
}

#[scope::test]
async fn a_monitor_that_was_taken_back_does_not_fire(cx: TestContext) {
    let (target, _) = target(&cx, Restart::Temporary).await;
    let (watcher, _) = watcher(&cx).await;
    let first = watcher.watch().await.unwrap();
    let second = watcher.watch().await.unwrap();
    watcher.unwatch(first).await.unwrap();
    target.kill();
    settle().await;
    let downs = watcher.downs().await.unwrap();
    assert_eq!(downs.len(), 1, "{downs:?}");
    assert_eq!(downs[0].monitor, second);
    // Late and twice: nothing happens.
    watcher.unwatch(first).await.unwrap();
    watcher.unwatch(second).await.unwrap();
}

#[scope::test]
async fn a_full_mailbox_loses_no_down(cx: TestContext) {
    let (target, _) = target(&cx, Restart::Temporary).await;
    let (watcher, journal) = watcher(&cx).await;
    for _ in 0..10 {
        watcher.watch().await.unwrap();
    }
    let gate = Gate::default();
    watcher.wait(gate.clone()).await.unwrap();
    settle().await;
    while watcher.wait(gate.clone()).now().is_ok() {}
    target.kill();
    settle().await;
    gate.open();
    settle().await;
    assert_eq!(journal.take(), vec!["killed"; 10]);
}

#[scope::test]
async fn a_handle_waits_for_the_end_from_outside(cx: TestContext) {
    let (target, _) = target(&cx, Restart::Temporary).await;
    let incarnation = target.pid().unwrap().incarnation();
    let (down, ()) = tokio::join!(target.down(), async { assert!(target.kill()) });
    assert_eq!(down.incarnation, incarnation);
    assert_eq!(down.reason.to_string(), "killed");
    assert_eq!(target.down().await.reason.to_string(), "no process");
}

/// Monitors the target, and ends.
#[service(restart = temporary)]
#[derive(Debug)]
struct ShortLived;

#[handlers]
impl ShortLived {
    #[init]
    fn init(cx: &Context<Self>) -> Self {
        cx.monitor(&Target::via(cx.namespace()));
        cx.stop(ExitReason::Normal);
        Self
    }

    #[info]
    fn peer_down(&mut self, _down: Down) {}
}

#[scope::test]
async fn thousands_of_short_lived_watchers_disturb_nobody(cx: TestContext) {
    let (target, _) = target(&cx, Restart::Temporary).await;
    let (watcher, journal) = watcher(&cx).await;
    let crowd = cx.start_spec("Crowd", SupervisorSpec::dynamic()).await;
    watcher.watch().await.unwrap();
    for index in 0..5_000_u32 {
        let spec = ChildSpec::keyed_service::<ShortLived, _>("short", index, || ());
        crowd.start_child(spec).await.unwrap();
    }
    settle().await;
    assert_eq!(crowd.count_children().await.unwrap().active, 0);
    target.kill();
    settle().await;
    assert_eq!(journal.take(), ["killed"]);
}
