//! Dynamic instances: asked for, passivated and stopped by several at once.

use std::sync::Arc;
use std::time::Duration;

use scope_runtime::{
    CallError, ExitReason, Intensity, Keyed, Namespace, Node, Running, Service, Starting, Strategy,
    SupervisorHandle, SupervisorSpec, SupervisorTree, Tree, TreeBuilder,
};

use crate::explore::{explore, spawn};
use crate::world::{Board, PLAIN, Worker, namespace};

/// A tree with instances that stay, and instances that leave when nobody needs them.
#[derive(Clone)]
struct Instances(SupervisorHandle);

impl SupervisorTree for Instances {
    type Args = (Arc<Board>,);
    const TREE: &'static Tree = &Tree::new("Instances", Strategy::OneForOne).children(&[
        Node::dynamic("workers", <Worker as Service>::DECLARATION)
            .keyed("u32")
            .intensity(Intensity::new(100, Duration::from_secs(1))),
        Node::dynamic("idlers", <Worker as Service>::DECLARATION)
            .keyed("&str")
            .idle(Duration::from_millis(1)),
    ]);

    fn spec(args: Self::Args) -> SupervisorSpec {
        TreeBuilder::new(Self::TREE, args)
            .keyed::<Worker, u32>("workers", |(board,), _| (board.clone(),))
            .keyed::<Worker, &'static str>("idlers", |(board,), _| (board.clone(),))
            .build()
    }

    fn view(supervisor: SupervisorHandle) -> Self {
        Self(supervisor)
    }
}

impl Instances {
    fn workers(&self) -> Keyed<Worker<PLAIN>, u32> {
        self.0.keyed("workers")
    }

    fn idlers(&self) -> Keyed<Worker<PLAIN>, &'static str> {
        self.0.keyed("idlers")
    }
}

async fn start() -> (Running<Instances>, Arc<Board>, Namespace) {
    let (namespace, board) = (namespace(), Arc::<Board>::default());
    let tree = Starting::new(namespace.clone(), (board.clone(),));
    (tree.await.unwrap(), board, namespace)
}

async fn stop(tree: Running<Instances>, board: &Board, namespace: &Namespace) {
    let reason = tree.shutdown().await;
    assert!(matches!(reason, ExitReason::Shutdown), "{reason}");
    board.check_end();
    let left = namespace.processes();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn three_who_ask_for_an_instance_get_the_same() {
    explore(|| async {
        let (tree, board, namespace) = start().await;
        let asking = [(); 3].map(|()| {
            let workers = tree.workers();
            spawn(async move {
                let worker = workers.get_or_start(7).await.unwrap();
                worker.ask(1).await.unwrap();
                worker.pid().unwrap()
            })
        });
        let mut pids = vec![];
        for asking in asking {
            pids.push(asking.await);
        }
        assert!(pids.iter().all(|pid| *pid == pids[0]), "{pids:?}");
        assert_eq!(board.starts(), 1);
        stop(tree, &board, &namespace).await;
    });
}

#[test]
fn an_instance_that_is_stopped_meanwhile_is_started_again() {
    explore(|| async {
        let (tree, board, namespace) = start().await;
        tree.workers().get_or_start(7).await.unwrap();
        let workers = tree.workers();
        let stopping = spawn(async move { workers.stop(&7).await.unwrap() });
        let worker = tree.workers().get_or_start(7).await.unwrap();
        // Of the one that is about to stop, or of its successor.
        match worker.ask(1).await {
            Ok(1) | Err(CallError::NoProc | CallError::Exited(_)) => {}
            other => panic!("{other:?}"),
        }
        stopping.await;
        let worker = tree.workers().get_or_start(7).await.unwrap();
        assert_eq!(worker.ask(2).await.unwrap(), 2);
        stop(tree, &board, &namespace).await;
    });
}

#[test]
fn an_instance_that_crashes_meanwhile_is_there_again_or_restarting() {
    explore(|| async {
        use scope_runtime::SupervisorError;

        let (tree, board, namespace) = start().await;
        let worker = tree.workers().get_or_start(7).await.unwrap();
        let asking = [(); 2].map(|()| {
            let workers = tree.workers();
            spawn(async move { workers.get_or_start(7).await })
        });
        worker.kill();
        for asking in asking {
            match asking.await {
                Ok(_) | Err(SupervisorError::Restarting) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        stop(tree, &board, &namespace).await;
    });
}

#[test]
fn a_message_to_an_instance_that_passivates_reaches_it_or_its_successor() {
    explore(|| async {
        let (tree, board, namespace) = start().await;
        let worker = tree.idlers().get_or_start("cart").await.unwrap();
        let senders: Vec<_> = [10, 20]
            .map(|from| {
                let worker = worker.clone();
                spawn(async move {
                    worker.note(from + 1).await.map_err(|it| it.kind).unwrap();
                    assert_eq!(worker.ask(from + 2).await.unwrap(), from + 2);
                    worker.note(from + 3).await.map_err(|it| it.kind).unwrap();
                })
            })
            .into();
        for sender in senders {
            sender.await;
        }
        assert_eq!(worker.ask_slowly(1).await.unwrap(), 1);
        let began = board.began();
        for from in [10, 20] {
            let own: Vec<_> = began
                .iter()
                .copied()
                .filter(|it| it / 10 * 10 == from)
                .collect();
            assert_eq!(own, [from + 1, from + 2, from + 3], "{began:?}");
        }
        stop(tree, &board, &namespace).await;
    });
}

#[test]
fn a_request_for_an_instance_that_passivates_gives_its_successor() {
    explore(|| async {
        let (tree, board, namespace) = start().await;
        let asking = [1, 2, 3].map(|number| {
            let idlers = tree.idlers();
            spawn(async move {
                let worker = idlers.get_or_start("cart").await.unwrap();
                assert_eq!(worker.ask(number).await.unwrap(), number);
            })
        });
        for asking in asking {
            asking.await;
        }
        stop(tree, &board, &namespace).await;
    });
}

#[test]
fn a_stop_of_an_instance_that_passivates_is_final() {
    explore(|| async {
        let (tree, board, namespace) = start().await;
        let worker = tree.idlers().get_or_start("cart").await.unwrap();
        let asking = spawn({
            let worker = worker.clone();
            async move { worker.ask(1).await }
        });
        tree.idlers().stop(&"cart").await.unwrap();
        match asking.await {
            Ok(1) | Err(CallError::NoProc | CallError::Exited(_)) => {}
            other => panic!("{other:?}"),
        }
        match worker.ask(2).await {
            Err(CallError::NoProc) => {}
            // The call before had asked for a successor already.
            Ok(2) | Err(CallError::Exited(_)) => assert!(board.starts() > 1),
            other => panic!("{other:?}"),
        }
        stop(tree, &board, &namespace).await;
    });
}

#[test]
fn a_message_to_a_passive_instance_of_a_tree_that_stops_comes_to_an_end() {
    explore(|| async {
        let (tree, board, namespace) = start().await;
        let worker = tree.idlers().get_or_start("cart").await.unwrap();
        let asking = [1, 2].map(|number| {
            let worker = worker.clone();
            spawn(async move { worker.ask(number).await })
        });
        stop(tree, &board, &namespace).await;
        for asking in asking {
            match asking.await {
                Ok(_) | Err(CallError::NoProc | CallError::Exited(_)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        board.check_end();
        assert_eq!(namespace.process_count(), 0);
    });
}
