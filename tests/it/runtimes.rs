//! What becomes of a tree when its runtime goes away, and of its names on the next one.

use std::future::{Future, pending};
use std::pin::{Pin, pin};
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

/// Sends a call, to a service that does not run now.
fn send<F: Future>(call: Pin<&mut F>) {
    let poll = call.poll(&mut TaskContext::from_waker(Waker::noop()));
    assert!(poll.is_pending(), "nobody drives its runtime");
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
        send(queued.as_mut());
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
struct Guest {
    room: u32,
}

#[handlers]
impl Guest {
    #[init]
    fn new(room: u32) -> Self {
        Self { room }
    }

    #[call]
    fn ask(&self) -> u32 {
        1
    }

    /// Never comes to an end upstairs.
    #[terminate]
    async fn leave(&mut self) {
        if self.room >= UPSTAIRS {
            pending::<()>().await;
        }
    }
}

const UPSTAIRS: u32 = 10;

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

#[test]
fn what_came_for_a_successor_is_handed_back_when_the_runtime_goes() {
    let namespace = Namespace::test("runtimes: leaving");
    let (first, second) = (runtime(), runtime());
    // Several: they are dropped before their supervisors, and after them.
    let rooms = UPSTAIRS..UPSTAIRS + 8;
    let hotel = first.block_on(async {
        let hotel = Hotel::start_in(namespace.clone()).await.unwrap();
        for room in rooms.clone() {
            hotel.guests().get_or_start(room).await.unwrap();
        }
        sleep(Duration::from_secs(2)).await;
        hotel
    });
    let calls = rooms.map(|room| {
        let guest = Guest::via_key(&namespace, &room);
        let mut call = Box::pin(guest.ask().no_timeout());
        send(call.as_mut());
        call
    });
    let calls: Vec<_> = calls.collect();
    drop(first);
    second.block_on(async {
        for call in calls {
            let ended = timeout(Duration::from_secs(60), call).await;
            assert!(matches!(ended, Ok(Err(_))), "{ended:?}");
        }
    });
    drop(hotel);
}
