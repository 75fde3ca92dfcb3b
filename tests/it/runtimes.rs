//! What becomes of a tree when its runtime goes away.

use std::future::Future;
use std::pin::pin;
use std::task::{Context as TaskContext, Waker};
use std::time::Duration;

use scope::prelude::*;
use scope::{ChildSpec, Root, Strategy, SupervisorSpec};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

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
