//! What becomes of a tree when its runtime goes away, and of its names on the next one.

use std::future::Future;
use std::pin::pin;
use std::task::{Context as TaskContext, Waker};
use std::time::Duration;

use scope::prelude::*;
use scope::{ChildSpec, Root, Strategy, SupervisorSpec};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

/// One on which time passes when nothing else happens.
fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
}

#[service(mailbox(capacity = 8, keep))]
#[derive(Debug)]
struct Keeper;

#[handlers]
impl Keeper {
    #[init]
    fn new() -> Self {
        Self
    }

    #[call]
    fn ask(&self) -> u32 {
        1
    }
}

fn alone() -> SupervisorSpec {
    SupervisorSpec::new(Strategy::OneForOne).child(ChildSpec::service::<Keeper>("keeper", || ()))
}

fn start(runtime: &Runtime, spec: SupervisorSpec, namespace: &Namespace) -> Root {
    let started = runtime.block_on(spec.start("Root", namespace.clone()));
    started.unwrap()
}

#[test]
fn nothing_is_kept_for_a_tree_whose_runtime_is_gone() {
    let below = SupervisorSpec::new(Strategy::OneForOne);
    let below = below.child(ChildSpec::supervisor("below", alone()));
    for (name, spec) in [("alone", alone()), ("below", below)] {
        let namespace = Namespace::test(format!("runtimes: {name}"));
        let (first, second) = (runtime(), runtime());
        let root = start(&first, spec, &namespace);
        let keeper = Keeper::via(&namespace);
        let mut queued = pin!(keeper.ask().no_timeout());
        let poll = queued
            .as_mut()
            .poll(&mut TaskContext::from_waker(Waker::noop()));
        assert!(poll.is_pending(), "{name}: nobody drives the first runtime");
        drop(first);
        second.block_on(async {
            let minute = Duration::from_secs(60);
            let queued = timeout(minute, queued).await;
            assert!(
                matches!(queued, Ok(Err(CallError::Exited(_)))),
                "{name}: {queued:?}"
            );
            let late = timeout(minute, keeper.ask().no_timeout()).await;
            assert!(
                matches!(late, Ok(Err(CallError::NoProc))),
                "{name}: {late:?}"
            );
        });
        drop(root);
    }
}

#[service]
#[derive(Debug)]
struct Guest;

#[handlers]
impl Guest {
    #[init]
    fn new(_room: u32) -> Self {
        Self
    }

    #[call]
    fn ask(&self) -> u32 {
        1
    }
}

supervisor! {
    supervisor Hotel() {
        strategy: one_for_one,

        guests: dynamic Guest(room) by room: u32 { idle: "1s" },
    }
}

/// Has a tree on a runtime, whose only instance leaves and is wanted again.
fn stay_on(runtime: &Runtime, namespace: &Namespace, held: &GuestHandle) {
    let stay = async { timeout(Duration::from_secs(60), stay(namespace, held)).await };
    runtime.block_on(stay).expect("it comes back");
}

async fn stay(namespace: &Namespace, held: &GuestHandle) {
    let hotel = Hotel::start_in(namespace.clone()).await.unwrap();
    let guest = hotel.guests().get_or_start(1).await.unwrap();
    assert_eq!(guest.ask().await.unwrap(), 1);
    sleep(Duration::from_secs(2)).await;
    assert!(!held.is_alive());
    assert_eq!(held.ask().await.unwrap(), 1);
    hotel.shutdown().await;
}

#[test]
fn a_virtual_instance_comes_back_where_its_tree_runs_now() {
    let namespace = Namespace::test("runtimes: the next");
    let held = Guest::via_key(&namespace, &1_u32);
    // The first one is left alone, the second one is gone when the third begins.
    let first = runtime();
    stay_on(&first, &namespace, &held);
    stay_on(&runtime(), &namespace, &held);
    stay_on(&runtime(), &namespace, &held);
    drop(first);
}
