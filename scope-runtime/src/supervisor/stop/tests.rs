//! Children that block their thread: only real threads show what becomes of them.

use super::*;
use crate::activity::Doing;
use crate::child_spec::{Child, ChildSpec, ChildType};
use crate::message::HandlerMeta;
use crate::namespace::Namespace;
use crate::rt::{AtomicBool, AtomicUsize, Ordering};
use crate::supervisor::{Intensity, Root, Strategy, SupervisorSpec};

/// One test at a time: while `tracing` sees a log line for the first time on one thread, it may miss
/// that a subscriber comes on another.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Says when blocked children may go on, also when the test fails.
struct Release(Arc<AtomicBool>);

impl Drop for Release {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Blocks its thread when it is told to stop. (Any earlier, and a supervisor that it has just woken
/// would wait behind it on the same thread, which tokio does not help.)
fn blocker(released: &Arc<AtomicBool>, starts: &Arc<AtomicUsize>) -> ChildSpec {
    let (released, starts) = (released.clone(), starts.clone());
    let spec = ChildSpec::new("blocker", move |child: Child| {
        let (released, starts) = (released.clone(), starts.clone());
        async move {
            starts.fetch_add(1, Ordering::Relaxed);
            child.started();
            child.stopped().await;
            while !released.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            ExitReason::Normal
        }
    });
    spec.shutdown(Shutdown::Timeout(Duration::from_millis(10)))
}

fn idle() -> ChildSpec {
    ChildSpec::task("idle", std::future::pending::<()>)
}

async fn tree(name: &str, spec: SupervisorSpec) -> Root {
    spec.start("Top", Namespace::test(name)).await.unwrap()
}

async fn until_empty(namespace: &Namespace) {
    while namespace.process_count() > 0 {
        sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_restart_does_not_go_past_a_stuck_child() {
    let _alone = ALONE.lock().await;
    let release = Release(Arc::default());
    let starts = Arc::new(AtomicUsize::new(0));
    let spec = SupervisorSpec::new(Strategy::OneForAll)
        .intensity(Intensity::new(3, Duration::from_secs(60)))
        .child(blocker(&release.0, &starts))
        .child(idle());
    let root = tree("stuck-restart", spec).await;
    let namespace = root.handle().namespace().clone();
    let children = root.handle().which_children().await.unwrap();
    children[0].state.pid().unwrap().kill();
    assert!(matches!(root.exited().await, ExitReason::Shutdown));
    assert_eq!(
        starts.load(Ordering::Relaxed),
        1,
        "there were two incarnations at once"
    );
    assert_eq!(namespace.process_count(), 1);
    let reasons: Vec<_> = root
        .handle()
        .restarts()
        .into_iter()
        .map(|r| r.reason)
        .collect();
    assert_eq!(
        reasons[1].to_string(),
        "error: the last incarnation is stuck"
    );
    drop(release);
    until_empty(&namespace).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_shutdown_goes_past_a_stuck_child() {
    let _alone = ALONE.lock().await;
    let release = Release(Arc::default());
    let spec = SupervisorSpec::new(Strategy::OneForOne)
        .child(idle())
        .child(blocker(&release.0, &Arc::default()));
    let root = tree("stuck-shutdown", spec).await;
    let namespace = root.handle().namespace().clone();
    assert!(matches!(
        root.stop(ExitReason::Normal).await,
        ExitReason::Normal
    ));
    assert_eq!(namespace.process_count(), 1);
    drop(release);
    until_empty(&namespace).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn on_many_threads_every_killed_instance_comes_back() {
    let _alone = ALONE.lock().await;
    let generous = Intensity::new(1_000_000, Duration::from_secs(1));
    let root = tree("threads", SupervisorSpec::dynamic().intensity(generous)).await;
    for _ in 0..50 {
        root.handle().start_child(idle()).await.unwrap();
    }
    for _ in 0..20 {
        for child in root.handle().which_children().await.unwrap() {
            if let Some(pid) = child.state.pid() {
                pid.kill();
            }
        }
    }
    let namespace = root.handle().namespace().clone();
    while root.handle().count_children().await.unwrap().active < 50
        || namespace.process_count() < 51
    {
        sleep(Duration::from_millis(1)).await;
    }
    root.stop(ExitReason::Shutdown).await;
    assert_eq!(namespace.process_count(), 0);
}

/// The lines that were logged on this thread, in the default format but for the time.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_handler_is_reported_by_name_and_age() {
    let _alone = ALONE.lock().await;
    let release = Release(Arc::default());
    let (log, released) = (Log::default(), release.0.clone());
    let home = Namespace::test("stuck-line").into();
    let process = Process::new("Shop/till".into(), ChildType::Worker, home, None);
    let (begun, inside) = (process.clone(), Arc::new(AtomicBool::new(false)));
    let entered = inside.clone();
    process.run(Box::pin(async move {
        begun
            .activity()
            .enter(Doing::Handler(HandlerMeta::call("count")));
        entered.store(true, Ordering::Release);
        while !released.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        ExitReason::Normal
    }));
    while !inside.load(Ordering::Acquire) {
        sleep(Duration::from_millis(1)).await;
    }
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .without_time()
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let guard = tracing::subscriber::set_default(subscriber.finish());
    let limit = Shutdown::Timeout(Duration::from_millis(10));
    assert_eq!(
        stop(&process, limit, &mut Alarm::default()).await,
        Stopped::Stuck
    );
    drop(guard);
    let bytes = log.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    let mut ages = Vec::new();
    let mut lines = Vec::new();
    for line in text.lines() {
        let (before, rest) = line.split_once("` for ").unwrap();
        let (age, after) = rest.split_once("ms or more").unwrap();
        ages.push(age.parse::<u128>().unwrap());
        lines.push(format!("{before}` for AGE or more{after}"));
    }
    assert!(
        ages[0] >= 10 && ages[1] >= 10 + GRACE.as_millis(),
        "{ages:?}"
    );
    let expected = [
        " WARN scope: killing Shop/till, which did not stop in its 10ms: in `count` for AGE or more \
         scope.actor.id=Shop/till",
        "ERROR scope: Shop/till is stuck in `count` for AGE or more: it was killed, but does not yield, \
         so nothing starts in its place scope.actor.id=Shop/till",
    ];
    assert_eq!(lines, expected);
    drop(release);
    process.exited().await;
}
