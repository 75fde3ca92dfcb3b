//! The stages of a tree, as its own children see them.

use std::sync::Arc;

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};
use scope::{
    AutoShutdown, ChildSpec, Intensity, Restart, Root, Stage, Strategy, SupervisorHandle,
    SupervisorSpec,
};

/// Notes the stage of its tree where it starts and ends.
#[service]
#[derive(Debug)]
struct Witness {
    notes: Journal<String>,
}

#[handlers]
impl Witness {
    #[init]
    async fn init(gate: Gate, notes: Journal<String>, cx: &Context<Self>) -> Self {
        notes.note(format!("init: {}", stages(cx.namespace())));
        gate.wait().await;
        Self { notes }
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }

    #[cast]
    fn leave(&mut self, cx: &Context<Self>) {
        cx.stop(ExitReason::Normal);
    }

    #[terminate]
    fn close(&mut self, cx: &Context<Self>) {
        let stages = stages(cx.namespace());
        self.notes.note(format!("terminate: {stages}"));
    }
}

/// The stages of all trees of a namespace.
fn stages(namespace: &Namespace) -> String {
    let stages = namespace
        .roots()
        .iter()
        .map(|root| root.stage().to_string())
        .collect::<Vec<_>>();
    stages.join(" ")
}

fn open() -> Gate {
    let gate = Gate::new();
    gate.open();
    gate
}

fn witness(gate: Gate, notes: &Journal<String>) -> ChildSpec {
    let notes = notes.clone();
    ChildSpec::service::<Witness>("witness", move || (gate.clone(), notes.clone()))
}

fn top() -> SupervisorSpec {
    SupervisorSpec::new(Strategy::OneForOne)
        .intensity(Intensity::new(0, std::time::Duration::from_secs(5)))
}

/// A started tree with a witness, whose first note is taken.
async fn tree(cx: &TestContext, spec: SupervisorSpec, notes: &Journal<String>) -> Root {
    let root = spec.start("Top", cx.namespace().clone()).await.unwrap();
    assert_eq!(notes.take(), ["init: starting"]);
    assert_eq!(root.handle().stage(), Stage::Running);
    root
}

#[scope::test]
async fn a_tree_starts_runs_stops_and_has_ended(cx: TestContext) {
    let (gate, notes) = (Gate::new(), Journal::new());
    let spec = top().child(witness(gate.clone(), &notes));
    let starting = tokio::spawn(spec.start("Top", cx.namespace().clone()));
    gate.reached().await;
    let roots = cx.namespace().roots();
    let paths: Vec<_> = roots.iter().map(SupervisorHandle::path).collect();
    assert_eq!(paths, [format!("{}/Top", cx.namespace())]);
    assert_eq!(roots[0].stage(), Stage::Starting);
    gate.open();
    let root = starting.await.unwrap().unwrap();
    assert_eq!(roots[0].stage(), Stage::Running);
    let (pid, service) = (
        root.pid().clone(),
        Witness::via(cx.namespace()).pid().unwrap(),
    );
    assert_eq!(service.stage(), Stage::Running);
    drop(root);
    assert_eq!(
        (pid.stage(), service.stage()),
        (Stage::Stopping, Stage::Running)
    );
    settle().await;
    assert_eq!((pid.stage(), service.stage()), (Stage::Ended, Stage::Ended));
    assert_eq!(roots[0].stage(), Stage::Ended);
    assert!(cx.namespace().roots().is_empty());
    assert_eq!(notes.take(), ["init: starting", "terminate: stopping"]);
}

#[scope::test]
async fn a_shutdown_is_seen_while_the_tree_is_still_busy(cx: TestContext) {
    let notes = Journal::new();
    let root = tree(&cx, top().child(witness(open(), &notes)), &notes).await;
    let (gate, handle) = (Gate::new(), root.handle().clone());
    let late = ChildSpec::new("late", {
        let gate = gate.clone();
        move |child| {
            let gate = gate.clone();
            async move {
                gate.wait().await;
                child.started();
                child.stopped().await
            }
        }
    });
    let added = tokio::spawn(async move { handle.start_child(late).await });
    gate.reached().await;
    let handle = root.handle().clone();
    let ended = tokio::spawn(root.stop(ExitReason::Shutdown));
    settle().await;
    assert_eq!(handle.stage(), Stage::Stopping, "it waits for the start");
    assert_eq!(notes.take(), Vec::<String>::new());
    gate.open();
    assert!(added.await.unwrap().is_ok());
    ended.await.unwrap();
    assert_eq!(notes.take(), ["terminate: stopping"]);
}

#[scope::test]
async fn a_tree_that_gives_up_is_seen_to_stop(cx: TestContext) {
    let notes = Journal::new();
    let crashing = ChildSpec::task("crashing", || async { Err("no") });
    let spec = top()
        .child(witness(open(), &notes))
        .child(crashing.restart(Restart::Permanent));
    let root = spec.start("Top", cx.namespace().clone()).await.unwrap();
    root.exited().await;
    assert_eq!(notes.take(), ["init: starting", "terminate: stopping"]);
}

#[scope::test]
async fn a_tree_whose_work_is_done_is_seen_to_stop(cx: TestContext) {
    let (notes, gate) = (Journal::new(), Arc::new(Gate::new()));
    let work = ChildSpec::task("work", {
        let gate = gate.clone();
        move || {
            let gate = gate.clone();
            async move { gate.wait().await }
        }
    });
    let spec = top()
        .auto_shutdown(AutoShutdown::AnySignificant)
        .child(witness(open(), &notes))
        .child(work.restart(Restart::Temporary).significant());
    let root = tree(&cx, spec, &notes).await;
    gate.open();
    root.exited().await;
    assert_eq!(notes.take(), ["terminate: stopping"]);
}

#[scope::test]
async fn a_start_that_fails_is_seen_to_stop_those_that_had_started(cx: TestContext) {
    let notes = Journal::new();
    let broken = ChildSpec::new("broken", async |_| ExitReason::error("no disk"));
    let spec = top().child(witness(open(), &notes)).child(broken);
    assert!(spec.start("Top", cx.namespace().clone()).await.is_err());
    assert_eq!(notes.take(), ["init: starting", "terminate: stopping"]);
}

#[scope::test]
async fn a_supervisor_below_stops_alone(cx: TestContext) {
    let notes = Journal::new();
    let below = top().child(witness(open(), &notes));
    let spec = top().child(ChildSpec::supervisor("below", below));
    let root = tree(&cx, spec, &notes).await;
    let below = root.handle().supervisor("below");
    assert_eq!(below.stage(), Stage::Running);
    root.handle().terminate_child("below").await.unwrap();
    assert_eq!(
        (below.stage(), root.handle().stage()),
        (Stage::Ended, Stage::Running)
    );
    assert_eq!(notes.take(), ["terminate: running"]);
    assert_eq!(cx.namespace().roots().len(), 1);
}

#[scope::test]
async fn a_child_that_crashes_or_leaves_ends_no_tree(cx: TestContext) {
    let notes = Journal::new();
    let spec = top()
        .intensity(Intensity::new(9, std::time::Duration::from_secs(5)))
        .child(witness(open(), &notes));
    let root = tree(&cx, spec, &notes).await;
    let witness = Witness::via(cx.namespace());
    witness.crash().await.unwrap();
    settle().await;
    witness.leave().await.unwrap();
    settle().await;
    let expected = ["terminate: running", "init: running"];
    assert_eq!(notes.take(), [expected, expected].concat());
    assert_eq!(root.handle().stage(), Stage::Running);
}
