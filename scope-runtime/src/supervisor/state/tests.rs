//! The transitions, without tasks and without time passing.

use super::*;
use crate::child_spec::ChildSpec;
use crate::namespace::Namespace;
use crate::supervisor::inbox::{Parent, slot_at};
use crate::supervisor::intensity::Intensity;
use crate::supervisor::log::RestartLog;

fn child(id: &'static str) -> ChildSpec {
    ChildSpec::task(id, || async {})
}

/// A process of the child with this number.
fn process(child: Key) -> Arc<Process> {
    let (namespace, path) = (Namespace::test("state"), Arc::from("test"));
    let parent = Parent::new(slot_at(&namespace, &path), child, RestartLog::new());
    Process::new(path, ChildType::Worker, namespace.into(), Some(parent))
}

fn record(spec: ChildSpec, origin: Origin) -> Record {
    Record::new(spec, Carry::default(), origin)
}

/// A state whose children all run.
struct Running {
    state: State,
    now: Instant,
}

impl Running {
    fn new(spec: SupervisorSpec, ids: &[ChildSpec]) -> Self {
        let generous = Intensity::new(100, Duration::from_secs(1));
        Self::with_intensity(spec.intensity(generous), ids)
    }

    fn with_intensity(spec: SupervisorSpec, children: &[ChildSpec]) -> Self {
        let mut state = State::new(spec, |_| Carry::default());
        let now = Instant::now();
        for child in children {
            let key = state
                .children
                .insert(Box::new(record(child.clone(), Origin::Declared)));
            state.on_started(key, process(key), || now);
        }
        Self { state, now }
    }

    fn process_of(&self, key: Key) -> u64 {
        let record = self.state.children.get(key).expect("there is such a child");
        record.process().expect("it runs").id()
    }

    fn exit(&mut self, key: Key, reason: &ExitReason) -> Decision {
        let process = self.process_of(key);
        self.state.on_exit(key, process, reason, || self.now)
    }

    fn keys(&self) -> Vec<Key> {
        self.state.children.iter().map(|(key, _)| key).collect()
    }
}

fn failure() -> ExitReason {
    ExitReason::error("failure")
}

fn plan(decision: Decision) -> (Vec<Key>, Vec<Key>) {
    match decision {
        Decision::Restart(plan) => (plan.stop, plan.start),
        other => panic!("no restart: {other:?}"),
    }
}

fn check_plan(strategy: Strategy, failed: Key, stop: &[Key], start: &[Key]) {
    let temporary = child("temporary").restart(Restart::Temporary);
    let children = [child("a"), child("b"), temporary, child("c")];
    let mut running = Running::new(SupervisorSpec::new(strategy), &children);
    assert_eq!(
        plan(running.exit(failed, &failure())),
        (stop.to_vec(), start.to_vec())
    );
}

#[test]
fn one_for_one_restarts_only_the_one_that_failed() {
    check_plan(Strategy::OneForOne, 1, &[], &[1]);
}

#[test]
fn one_for_all_stops_in_reverse_and_leaves_temporary_children_out() {
    check_plan(Strategy::OneForAll, 1, &[3, 2, 0], &[0, 1, 3]);
}

#[test]
fn rest_for_one_leaves_those_before_alone() {
    check_plan(Strategy::RestForOne, 1, &[3, 2], &[1, 3]);
    check_plan(Strategy::RestForOne, 3, &[], &[3]);
}

#[test]
fn restart_type_and_exit_reason_decide_together() {
    let clean = [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::shutdown_with("done"),
    ];
    let failures = [
        failure(),
        ExitReason::Killed,
        ExitReason::Panic("boom".into()),
    ];
    let table = [
        (Restart::Permanent, true, true),
        (Restart::Transient, false, true),
        (Restart::Temporary, false, false),
    ];
    for (restart, on_clean, on_failure) in table {
        let reasons = clean.iter().map(|reason| (reason, on_clean));
        for (reason, expected) in reasons.chain(failures.iter().map(|reason| (reason, on_failure)))
        {
            let spec = SupervisorSpec::new(Strategy::OneForOne);
            let mut running = Running::new(spec, &[child("a").restart(restart)]);
            let decision = running.exit(0, reason);
            assert_eq!(
                matches!(decision, Decision::Restart(_)),
                expected,
                "{restart:?} {reason}"
            );
            let kept = restart != Restart::Temporary;
            assert_eq!(running.state.children.by_id("a").is_some(), kept);
        }
    }
}

#[test]
fn a_stale_exit_changes_nothing() {
    let mut running = Running::new(SupervisorSpec::new(Strategy::OneForOne), &[child("a")]);
    let old = running.process_of(0);
    running.state.on_started(0, process(0), || running.now);
    assert!(matches!(
        running.state.on_exit(0, old, &failure(), || running.now),
        Decision::Stay
    ));
    assert!(
        running
            .state
            .children
            .get(0)
            .is_some_and(|record| record.process().is_some())
    );
}

#[test]
fn one_restart_too_many_ends_the_supervisor() {
    let spec = SupervisorSpec::new(Strategy::OneForOne);
    let mut running = Running::with_intensity(spec, &[child("a")]);
    assert_eq!(plan(running.exit(0, &failure())), (vec![], vec![0]));
    running.state.on_started(0, process(0), || running.now);
    let decision = running.exit(0, &failure());
    assert!(
        matches!(decision, Decision::End(End::Intensity { .. })),
        "{decision:?}"
    );
}

#[test]
fn a_failed_member_is_the_one_to_retry_and_takes_its_rest_along() {
    let children = [child("a"), child("b"), child("c")];
    let mut running = Running::new(SupervisorSpec::new(Strategy::RestForOne), &children);
    let (stop, _) = plan(running.exit(0, &failure()));
    for key in stop {
        running.state.on_stopped(key);
    }
    running.state.on_started(0, process(0), || running.now);
    let retry = running.state.on_restart_failed(1, failure(), running.now);
    assert!(matches!(retry, Decision::RetryNext(1)), "{retry:?}");
    let again = running.state.on_retry(1, None, running.now);
    assert_eq!(plan(again), (vec![], vec![1, 2]));
}

#[test]
fn a_group_restart_takes_the_place_of_a_pending_retry() {
    let children = [child("a"), child("b"), child("c")];
    let mut running = Running::new(SupervisorSpec::new(Strategy::OneForAll), &children);
    let (stop, _) = plan(running.exit(2, &failure()));
    for key in stop {
        running.state.on_stopped(key);
    }
    running.state.on_started(0, process(0), || running.now);
    running.state.on_started(1, process(1), || running.now);
    running.state.on_restart_failed(2, failure(), running.now);
    // Before the retry's turn another member fails, and then another one cannot start.
    assert_eq!(plan(running.exit(0, &failure())), (vec![1], vec![0, 1, 2]));
    running.state.on_stopped(1);
    running.state.on_restart_failed(0, failure(), running.now);
    assert!(matches!(
        running.state.on_retry(2, None, running.now),
        Decision::Stay
    ));
    assert!(matches!(running.state.to_restart("c"), Ok(2)));
}

#[test]
fn a_terminated_child_is_not_retried() {
    let mut running = Running::new(SupervisorSpec::new(Strategy::OneForOne), &[child("a")]);
    plan(running.exit(0, &failure()));
    running.state.on_restart_failed(0, failure(), running.now);
    assert!(matches!(
        running.state.to_restart("a"),
        Err(SupervisorError::Restarting)
    ));
    running.state.retire(0);
    assert!(matches!(
        running.state.on_retry(0, None, running.now),
        Decision::Stay
    ));
    assert!(matches!(running.state.to_restart("a"), Ok(0)));
}

#[test]
fn all_significant_waits_for_the_last_one_that_runs_or_will() {
    let significant = |id| child(id).restart(Restart::Transient).significant();
    let spec = SupervisorSpec::new(Strategy::OneForOne).auto_shutdown(AutoShutdown::AllSignificant);
    let mut running = Running::new(spec, &[significant("a"), significant("b"), child("c")]);
    running.exit(1, &failure());
    running.state.on_restart_failed(1, failure(), running.now);
    assert!(matches!(
        running.exit(0, &ExitReason::Normal),
        Decision::Stay
    ));
    running.state.on_started(1, process(1), || running.now);
    let decision = running.exit(1, &ExitReason::Normal);
    assert!(
        matches!(decision, Decision::End(End::AutoShutdown)),
        "{decision:?}"
    );
}

#[test]
fn an_instance_is_known_by_its_last_process_while_it_restarts() {
    let mut running = Running::new(SupervisorSpec::dynamic(), &[child("a")]);
    let process = running
        .state
        .children
        .get(0)
        .and_then(|record| record.process().cloned());
    let pid = Pid::new(process.expect("it runs"));
    running.exit(0, &failure());
    running.state.on_restart_failed(0, failure(), running.now);
    assert!(matches!(
        running.state.to_terminate_process(&pid),
        Ok(Some(0))
    ));
    let stale = running
        .state
        .on_exit(0, pid.incarnation(), &failure(), || running.now);
    assert!(matches!(stale, Decision::Stay));
    running.state.retire(0);
    assert_eq!(running.keys(), [0; 0]);
}

#[test]
fn instances_being_restarted_count_towards_the_maximum() {
    let spec = SupervisorSpec::dynamic().max_children(1);
    let mut running = Running::new(spec, &[child("a")]);
    running.exit(0, &failure());
    running.state.on_restart_failed(0, failure(), running.now);
    assert!(matches!(
        running
            .state
            .add(Box::new(record(child("b"), Origin::Added))),
        Err(SupervisorError::MaxChildren)
    ));
}

#[cfg(feature = "retry")]
#[test]
fn with_backoff_a_retry_waits_for_its_own_timer() {
    let backoff = crate::Backoff::new(Duration::from_millis(10), Duration::from_secs(1));
    let spec = SupervisorSpec::new(Strategy::OneForOne);
    let mut running = Running::new(spec, &[child("a").backoff(backoff)]);
    let Decision::RetryAfter(0, delay, timer) = running.exit(0, &failure()) else {
        panic!("no delay");
    };
    assert!(delay >= Duration::from_millis(10));
    assert!(matches!(
        running.state.on_retry(0, None, running.now),
        Decision::Stay
    ));
    assert!(matches!(
        running.state.on_retry(0, Some(timer + 1), running.now),
        Decision::Stay
    ));
    assert_eq!(
        plan(running.state.on_retry(0, Some(timer), running.now)),
        (vec![], vec![0])
    );
}

#[tokio::test]
async fn a_dead_child_is_not_active_though_its_exit_is_still_queued() {
    let mut running = Running::new(SupervisorSpec::new(Strategy::OneForOne), &[child("a")]);
    let dead = process(0);
    dead.run(Box::pin(async { ExitReason::Normal }));
    dead.exited().await;
    running.state.on_started(0, dead, || running.now);
    let counts = running.state.counts();
    assert_eq!((counts.specs, counts.active, counts.workers), (1, 0, 1));
}
