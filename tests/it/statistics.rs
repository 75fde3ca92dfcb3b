//! What `telemetry::snapshot` says of services, and when.

use std::time::Duration;

use scope::prelude::*;
use scope::telemetry::{OutcomeStatistics, ServiceStatistics, snapshot};
use scope::testing::{Gate, TestContext, settle};
use scope::{ChildSpec, HandlerKind, Restart, Strategy, SupervisorSpec};
use tokio::time::sleep;

#[service(mailbox(capacity = 4, overload = reject))]
struct Worker {
    gate: Gate,
}

#[derive(Debug)]
struct Refused;

#[handlers]
impl Worker {
    #[init]
    fn init(gate: Gate) -> Self {
        Self { gate }
    }

    #[call]
    fn ask(&self, allowed: bool) -> Result<u32, Refused> {
        allowed.then_some(1).ok_or(Refused)
    }

    #[call]
    async fn wait(&self) {
        self.gate.wait().await;
    }

    #[cast]
    fn note(&self, ok: bool) -> Result<(), String> {
        ok.then_some(()).ok_or_else(|| "not ok".to_owned())
    }

    #[cast]
    fn crash(&self) {
        panic!("on request");
    }

    #[every("10s")]
    fn tick(&self) {}
}

/// What the snapshot says of the workers of a namespace.
fn workers(namespace: &Namespace) -> ServiceStatistics {
    let snapshot = snapshot(namespace);
    snapshot.service("Worker").expect("it ran").clone()
}

/// Succeeded, failed, panicked, killed.
fn endings(of: &ServiceStatistics, handler: &str) -> [u64; 4] {
    let it = of.handler(handler).unwrap();
    [it.succeeded, it.failed, it.panicked, it.killed]
}

/// The outcomes that a handler had, how often, and how many of these were measured.
fn outcomes(of: &ServiceStatistics, handler: &str) -> Vec<(&'static str, u64, u64)> {
    let outcomes = &of.handler(handler).unwrap().outcomes;
    let tell = |it: &OutcomeStatistics| (it.error_type, it.count, it.ran.count());
    outcomes.iter().map(tell).collect()
}

#[scope::test]
async fn each_handler_has_its_counts(cx: TestContext) {
    let worker = cx.service::<Worker>((Gate::new(),)).await;
    let before = workers(cx.namespace());
    assert_eq!((before.instances, before.sent()), (1, 0));
    for allowed in [true, true, false] {
        assert_eq!(worker.ask(allowed).await.is_ok(), allowed);
    }
    worker.note(true).await.unwrap();
    worker.note(false).await.unwrap();
    worker.crash().await.unwrap();
    settle().await;
    sleep(Duration::from_secs(25)).await;

    let after = workers(cx.namespace());
    assert_eq!(endings(&after, "ask"), [2, 1, 0, 0]);
    assert_eq!(endings(&after, "note"), [1, 1, 0, 0]);
    assert_eq!(endings(&after, "crash"), [0, 0, 1, 0]);
    assert_eq!(endings(&after, "tick"), [2, 0, 0, 0]);
    assert_eq!(endings(&after, "wait"), [0; 4]);
    assert_eq!((after.handled(), after.sent()), (8, 8));
    assert!((after.error_rate() - 3.0 / 8.0).abs() < 1e-9);
    let tick = after.handler("tick").unwrap();
    assert_eq!(tick.handler.kind, HandlerKind::Every);
    for handler in &after.handlers {
        // So few are all measured.
        assert_eq!(handler.ran.count(), handler.handled(), "{handler:?}");
        assert_eq!(handler.queued.count(), handler.handled(), "{handler:?}");
    }
    assert_eq!(outcomes(&after, "ask"), [("", 2, 2), ("_OTHER", 1, 1)]);
    assert_eq!(outcomes(&after, "crash"), [("panic", 1, 1)]);
    assert_eq!(outcomes(&after, "wait"), []);
    let ask = after.handler("ask").unwrap();
    assert_eq!(ask.ran.counts_within(&[0.0, 3600.0]), [0, 3]);
    assert!(ask.ran.max() > Duration::ZERO && ask.ran.p50() <= ask.ran.max());
}

#[scope::test]
async fn a_restart_is_counted_and_its_time_is_not_lost(cx: TestContext) {
    const WAIT: Duration = Duration::from_secs(30);
    let spec = ChildSpec::service::<Worker>("worker", || (Gate::new(),));
    let spec = SupervisorSpec::new(Strategy::OneForOne)
        .child(spec.backoff(scope::Backoff::new(WAIT, WAIT)));
    cx.start_spec("Root", spec).await;
    let worker = Worker::via(cx.namespace());
    sleep(Duration::from_secs(60)).await;
    worker.crash().await.unwrap();
    settle().await;
    let down = workers(cx.namespace());
    assert_eq!((down.instances, down.age, down.ended), (0, None, None));
    sleep(Duration::from_secs(60)).await;

    let after = workers(cx.namespace());
    assert_eq!((after.instances, after.restarts), (1, 1));
    let seconds = |time: Duration| time.as_secs_f64().round();
    assert!((seconds(after.up) - 90.0).abs() < 2.0, "{:?}", after.up);
    assert!((seconds(after.down) - 30.0).abs() < 2.0, "{:?}", after.down);
    assert!((after.availability().unwrap() - 0.75).abs() < 0.02);
    assert!((seconds(after.age.unwrap()) - 30.0).abs() < 2.0);
    // 60 s before the crash 5 or 6 ticks, 30 s after it 2 or 3, and the crash.
    let rate = after.throughput();
    assert!((0.08..0.12).contains(&rate), "{rate}");
}

#[scope::test]
async fn what_was_not_handled_is_counted_once(cx: TestContext) {
    let gate = Gate::new();
    let worker = cx.service::<Worker>((gate.clone(),)).await;
    let busy = tokio::spawn({
        let worker = worker.clone();
        async move { worker.wait().await }
    });
    settle().await;
    for _ in 0..3 {
        worker.note(true).now().unwrap();
    }
    let short = worker.ask(true).timeout(Duration::from_millis(10)).await;
    assert!(matches!(short, Err(CallError::Timeout)));
    assert!(worker.note(true).now().is_err(), "there are four already");

    let full = workers(cx.namespace());
    assert_eq!((full.length, full.in_progress, full.high_water), (4, 1, 4));
    assert_eq!((full.capacity, full.counters.rejected), (4, 1));
    assert_eq!((full.sent(), full.handled()), (6, 0));

    gate.open();
    busy.await.unwrap().unwrap();
    worker.ask(true).await.unwrap();
    let after = workers(cx.namespace());
    assert_eq!(
        (after.length, after.in_progress, after.counters.expired),
        (0, 0, 1)
    );
    assert_eq!((after.sent(), after.handled()), (7, 5));
}

#[scope::test]
async fn who_is_killed_leaves_its_message_behind(cx: TestContext) {
    let worker = cx.service::<Worker>((Gate::new(),)).await;
    let busy = tokio::spawn({
        let worker = worker.clone();
        async move { worker.wait().await }
    });
    settle().await;
    worker.note(true).await.unwrap();
    worker.kill();
    busy.await.unwrap().unwrap_err();
    settle().await;
    let after = workers(cx.namespace());
    assert_eq!(endings(&after, "wait"), [0, 0, 0, 1]);
    assert_eq!(outcomes(&after, "wait"), [("exited", 1, 1)]);
    assert_eq!((after.counters.undelivered, after.sent()), (1, 2));
    assert_eq!((after.in_progress, after.restarts), (0, 1));
}

#[scope::test]
async fn instances_of_one_service_are_one_entry(cx: TestContext) {
    let mut spec = SupervisorSpec::new(Strategy::OneForOne);
    for key in 0..3_u32 {
        let child =
            ChildSpec::keyed_service::<Worker, u32>(key.to_string(), key, || (Gate::new(),));
        spec = spec.child(child.restart(Restart::Temporary));
    }
    let root = cx.start_spec("Root", spec).await;
    for key in 0..3_u32 {
        let worker = Worker::via_key(cx.namespace(), &key);
        for _ in 0..=key {
            worker.ask(true).await.unwrap();
        }
    }
    let all = workers(cx.namespace());
    assert_eq!((all.instances, all.capacity), (3, 12));
    assert_eq!(endings(&all, "ask"), [6, 0, 0, 0]);

    // Nobody holds the place of this one any more, and what it did is still told.
    root.terminate_child("2").await.unwrap();
    settle().await;
    let fewer = workers(cx.namespace());
    assert_eq!((fewer.instances, fewer.ended), (2, None));
    assert_eq!(endings(&fewer, "ask"), [6, 0, 0, 0]);
}

#[scope::test]
async fn namespaces_are_apart(cx: TestContext) {
    let worker = cx.service::<Worker>((Gate::new(),)).await;
    worker.ask(true).await.unwrap();
    let other = Namespace::test("elsewhere: statistics");
    assert!(snapshot(&other).services.is_empty());
    let snapshot = snapshot(cx.namespace());
    assert_eq!(snapshot.services.len(), 1);
    // The worker and the supervisor over it.
    assert_eq!(snapshot.registry.entries, 2);
    assert!(snapshot.registry.misses > 0);
    assert!(Worker::lookup(cx.namespace()).is_some());
    let later = scope::telemetry::snapshot(cx.namespace());
    assert_eq!(later.registry.hits, snapshot.registry.hits + 1);
    assert!(later.registry.lookup.count() > 0);
}

#[scope::test]
async fn what_ended_is_told_for_a_quarter_of_an_hour(cx: TestContext) {
    let spec = SupervisorSpec::new(Strategy::OneForOne)
        .child(ChildSpec::service::<Worker>("worker", || (Gate::new(),)));
    let root = cx.start_spec("Root", spec).await;
    Worker::via(cx.namespace()).ask(true).await.unwrap();
    root.terminate_child("worker").await.unwrap();
    sleep(Duration::from_secs(14 * 60)).await;
    let ended = workers(cx.namespace());
    assert_eq!((ended.instances, ended.handled()), (0, 1));
    assert_eq!(ended.ended.map(|ago| ago.as_secs() / 60), Some(14));
    sleep(Duration::from_secs(2 * 60)).await;
    assert!(snapshot(cx.namespace()).services.is_empty());

    // Who comes back is told of again.
    root.restart_child("worker").await.unwrap();
    Worker::via(cx.namespace()).ask(true).await.unwrap();
    assert_eq!(workers(cx.namespace()).instances, 1);
}
