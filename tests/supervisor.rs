//! What supervisors promise beyond OTP, or what its recorder could not see.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use scope_runtime::{
    AutoShutdown, Backoff, Child, ChildSpec, ChildState, ExitReason, Intensity, Namespace, Pid,
    Restart, Root, Shutdown, SpecError, StartError, Strategy, SupervisorError, SupervisorSpec,
};
use tokio::time::{Instant, sleep};

const GENEROUS: Intensity = Intensity::new(1_000_000, Duration::from_secs(5));

fn one_for_one() -> SupervisorSpec {
    SupervisorSpec::new(Strategy::OneForOne).intensity(GENEROUS)
}

async fn start(name: &str, spec: SupervisorSpec) -> Root {
    spec.start("Top", Namespace::test(name)).await.unwrap()
}

/// Works until it is told to stop.
fn idle(id: &'static str) -> ChildSpec {
    ChildSpec::new(id, async |child: Child| {
        child.started();
        child.stopped().await
    })
}

/// Fails to start as often as `failures` says.
fn fails_at_first(id: &'static str, failures: usize) -> ChildSpec {
    let attempts = Arc::new(AtomicUsize::new(0));
    ChildSpec::new(id, move |child| {
        let attempt = attempts.fetch_add(1, Ordering::Relaxed);
        async move {
            if (1..=failures).contains(&attempt) {
                return ExitReason::error("not yet");
            }
            child.started();
            child.stopped().await
        }
    })
}

async fn pid_of(root: &Root, id: &str) -> Option<Pid> {
    let children = root.handle().which_children().await.unwrap();
    let child = children.into_iter().find(|child| &*child.id == id).unwrap();
    child.state.pid().cloned()
}

async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_start_names_the_deepest_child_and_the_cause() {
    let broken = ChildSpec::new("disk", |_| async { ExitReason::error("no space") });
    let web = SupervisorSpec::new(Strategy::OneForOne)
        .child(idle("http"))
        .child(broken);
    let spec = one_for_one().child(ChildSpec::supervisor("web", web));
    let namespace = Namespace::test("deepest");
    let error = spec.start("Top", namespace.clone()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "test:deepest/Top/web/disk: error: no space"
    );
    assert_eq!(namespace.process_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_spec_starts_nothing() {
    let spec = one_for_one().child(idle("a").significant().restart(Restart::Transient));
    let error = spec
        .start("Top", Namespace::test("wrong"))
        .await
        .unwrap_err();
    let StartError::Spec { error, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(error, SpecError::SignificantWithoutAutoShutdown("a".into()));
    let dynamic = SupervisorSpec::dynamic().auto_shutdown(AutoShutdown::AnySignificant);
    assert_eq!(dynamic.check(), Err(SpecError::DynamicAutoShutdown));
}

#[tokio::test(start_paused = true)]
async fn a_hung_start_fails_in_time() {
    let hung = ChildSpec::new("hung", |_| pending()).start_timeout(Duration::from_secs(3));
    let begun = Instant::now();
    let error = one_for_one()
        .child(hung)
        .start("Top", Namespace::test("hung"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "test:hung/Top/hung: error: did not start in 3s"
    );
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn racing_requests_for_one_key_make_one_instance() {
    let root = start("racing", SupervisorSpec::dynamic()).await;
    let handle = root.handle();
    let slow = ChildSpec::new("cart", async |child: Child| {
        sleep(Duration::from_millis(10)).await;
        child.started();
        child.stopped().await
    });
    let (one, two, three) = tokio::join!(
        handle.start_keyed("7", slow.clone()),
        handle.start_keyed("7", slow.clone()),
        handle.start_keyed("8", slow.clone()),
    );
    assert_eq!(one.as_ref().unwrap(), two.as_ref().unwrap());
    assert_ne!(one.unwrap(), three.unwrap());
    assert_eq!(handle.count_children().await.unwrap().active, 2);
}

#[tokio::test(start_paused = true)]
async fn max_children_refuses_one_more_until_one_is_gone() {
    let root = start("max", SupervisorSpec::dynamic().max_children(1)).await;
    let handle = root.handle();
    let pid = handle.start_child(idle("a")).await.unwrap().unwrap();
    let refused = handle.start_child(idle("b")).await;
    assert!(
        matches!(refused, Err(SupervisorError::MaxChildren)),
        "{refused:?}"
    );
    handle.terminate_pid(&pid).await.unwrap();
    assert!(handle.start_child(idle("b")).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn instances_stop_at_once_within_one_shutdown_time() {
    let root = start("at-once", SupervisorSpec::dynamic()).await;
    let slow = ChildSpec::new("slow", async |child: Child| {
        child.started();
        child.stopped().await;
        pending().await
    });
    for seconds in [1, 2, 2, 2] {
        let spec = slow
            .clone()
            .shutdown(Shutdown::Timeout(Duration::from_secs(seconds)));
        root.handle().start_child(spec).await.unwrap();
    }
    let begun = Instant::now();
    root.stop(ExitReason::Shutdown).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_serves_requests_while_a_child_waits_for_its_backoff() {
    let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
    let spec = one_for_one()
        .child(fails_at_first("a", 2).backoff(backoff))
        .child(idle("b"));
    let root = start("backoff", spec).await;
    let begun = Instant::now();
    pid_of(&root, "a").await.unwrap().kill();
    settle().await;
    let children = root.handle().which_children().await.unwrap();
    assert_eq!(children[1].state, ChildState::Restarting);
    assert!(matches!(
        root.handle().restart_child("a").await,
        Err(SupervisorError::Restarting)
    ));
    while pid_of(&root, "a").await.is_none() {
        sleep(Duration::from_millis(100)).await;
    }
    // One, two and four seconds, each with jitter.
    assert!(
        begun.elapsed() >= Duration::from_secs(7),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(root.handle().restarts().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_a_backoff() {
    let backoff = Backoff::new(Duration::from_secs(100), Duration::from_secs(1_000));
    let root = start("no-wait", one_for_one().child(idle("a").backoff(backoff))).await;
    pid_of(&root, "a").await.unwrap().kill();
    settle().await;
    let begun = Instant::now();
    root.stop(ExitReason::Normal).await;
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn the_log_of_a_tree_tells_of_nested_restarts_also_after_its_end() {
    let web = one_for_one().child(idle("http"));
    let root = start(
        "log",
        one_for_one().child(ChildSpec::supervisor("web", web)),
    )
    .await;
    let web = pid_of(&root, "web").await.unwrap().supervisor().unwrap();
    let http = web.which_children().await.unwrap()[0]
        .state
        .pid()
        .cloned()
        .unwrap();
    http.kill();
    settle().await;
    let handle = root.handle().clone();
    root.stop(ExitReason::Shutdown).await;
    let restarts = handle.restarts();
    assert_eq!(restarts.len(), 1);
    assert_eq!(&*restarts[0].path, "test:log/Top/web/http");
    assert_eq!(restarts[0].reason.to_string(), "killed");
    assert_eq!(restarts[0].count, 1);
}

#[tokio::test(start_paused = true)]
async fn a_killed_root_leaves_nobody_behind() {
    let web = one_for_one().child(idle("http"));
    let spec = one_for_one()
        .child(idle("a"))
        .child(ChildSpec::supervisor("web", web));
    let root = start("killed", spec).await;
    let namespace = root.handle().namespace().clone();
    assert_eq!(namespace.process_count(), 4);
    root.pid().kill();
    assert!(matches!(root.exited().await, ExitReason::Killed));
    assert_eq!(namespace.process_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_kill_interrupts_a_start_that_hangs() {
    let root = start("interrupt", one_for_one()).await;
    let handle = root.handle().clone();
    let request = tokio::join!(
        handle.start_child(ChildSpec::new("hung", |_| pending())),
        async {
            settle().await;
            root.pid().kill();
            root.exited().await
        }
    );
    assert!(
        matches!(request.0, Err(SupervisorError::NoProc)),
        "{:?}",
        request.0
    );
    assert_eq!(handle.namespace().process_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_root_stops_the_tree() {
    let root = start("dropped", one_for_one().child(idle("a"))).await;
    let (pid, handle) = (root.pid().clone(), root.handle().clone());
    drop(root);
    assert!(matches!(pid.exited().await, ExitReason::Shutdown));
    assert!(matches!(
        handle.count_children().await,
        Err(SupervisorError::NoProc)
    ));
}

#[tokio::test(start_paused = true)]
async fn dropping_a_start_stops_what_had_started() {
    let hung = ChildSpec::new("hung", |_| pending()).start_timeout(Duration::from_secs(9));
    let namespace = Namespace::test("given-up");
    let spec = one_for_one().child(idle("a")).child(hung);
    let start = spec.start("Top", namespace.clone());
    assert!(
        tokio::time::timeout(Duration::from_secs(1), start)
            .await
            .is_err()
    );
    sleep(Duration::from_secs(10)).await;
    assert_eq!(namespace.process_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_handle_from_a_pid_means_that_incarnation_only() {
    let web = ChildSpec::supervisor("web", one_for_one().child(idle("http")));
    let root = start("incarnation", one_for_one().child(web)).await;
    let old = pid_of(&root, "web").await.unwrap();
    old.stop(ExitReason::Normal);
    settle().await;
    let handle = old.supervisor().unwrap();
    assert!(matches!(
        handle.count_children().await,
        Err(SupervisorError::NoProc)
    ));
    let new = pid_of(&root, "web").await.unwrap().supervisor().unwrap();
    assert_eq!(new.count_children().await.unwrap().active, 1);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_starts_and_ends_in_one_go_has_started() {
    let once = ChildSpec::new("once", async |child: Child| {
        child.started();
        ExitReason::Normal
    });
    let root = start(
        "in-one-go",
        one_for_one().child(once.restart(Restart::Transient)),
    )
    .await;
    settle().await;
    assert!(pid_of(&root, "once").await.is_none());
    assert!(root.handle().restarts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_instances_restart_one_by_one() {
    let root = start("many", SupervisorSpec::dynamic().intensity(GENEROUS)).await;
    let mut pids = Vec::new();
    for _ in 0..10_000 {
        pids.push(root.handle().start_child(idle("a")).await.unwrap().unwrap());
    }
    for pid in &pids {
        pid.kill();
    }
    settle().await;
    assert_eq!(root.handle().count_children().await.unwrap().active, 10_000);
    assert_eq!(root.handle().restarts().len(), 1_000);
}
