//! What a service is asked beside its mailbox, while it works, is suspended, and ends.

use scope_runtime::ExitReason;

use crate::explore::{explore, pause, spawn};
use crate::world::{PLAIN, World};

/// A wake-up that is lost would leave somebody waiting for ever: long waits never end here.
#[test]
fn who_asks_a_service_that_lives_gets_an_answer() {
    explore(|| async {
        let world = World::<PLAIN>::start().await;
        let asked = [world.worker.clone(), world.worker.clone()].map(|worker| {
            spawn(async move {
                let look = worker.inspect().await.expect("it lives");
                assert!(look.inside.is_some(), "it was answered");
            })
        });
        let worker = world.worker.clone();
        let suspends = spawn(async move {
            assert!(worker.suspend());
            pause().await;
            assert!(worker.resume());
        });
        assert_eq!(world.worker.ask_slowly(1).await.unwrap(), 1);
        suspends.await;
        for task in asked {
            task.await;
        }
        world.stop().await;
    });
}

#[test]
fn who_asks_a_service_that_ends_does_not_wait_for_ever() {
    explore(|| async {
        let world = World::<PLAIN>::start().await;
        let pid = world.worker.pid().unwrap();
        let worker = world.worker.clone();
        let asks = spawn(async move {
            let look = worker.inspect().await;
            assert!(look.is_none_or(|look| look.inside.is_some()));
        });
        let worker = world.worker.clone();
        let suspends = spawn(async move {
            worker.suspend();
        });
        pid.stop(ExitReason::Shutdown);
        pid.exited().await;
        asks.await;
        suspends.await;
        world.stop().await;
    });
}
