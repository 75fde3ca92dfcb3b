//! Starts, stops, kills and crashes that meet.

use std::sync::Arc;

use scope_runtime::{
    CallError, CastErrorKind, ChildSpec, ChildState, ExitReason, Restart, ServiceExt, Shutdown,
    Strategy, SupervisorError, SupervisorSpec,
};

use crate::explore::{explore, give_up_after, pause, spawn};
use crate::world::{Board, KEPT, PLAIN, Say, Worker, World, child, namespace, patient};

/// What may end a worker besides its supervisor.
fn ends() -> [fn(&World); 4] {
    [kill, exit, quit, crash]
}

// None of them has to find it alive.

fn kill<const KIND: u8>(world: &World<KIND>) {
    world.worker.kill();
}

fn exit<const KIND: u8>(world: &World<KIND>) {
    world.worker.stop(ExitReason::error("as it was told"));
}

fn quit<const KIND: u8>(world: &World<KIND>) {
    drop(world.worker.send_now(Say::End(ExitReason::Normal)));
}

fn fail<const KIND: u8>(world: &World<KIND>) {
    let reason = ExitReason::error("as it was told");
    drop(world.worker.send_now(Say::End(reason)));
}

fn crash<const KIND: u8>(world: &World<KIND>) {
    drop(world.worker.send_now(Say::Break));
}

#[test]
fn a_child_that_dies_while_it_is_terminated_stays_down() {
    for end in ends() {
        explore(move || async move {
            let world = World::<PLAIN>::start().await;
            let supervisor = world.root.handle().clone();
            let terminated = spawn(async move { supervisor.terminate_child("worker").await });
            end(&world);
            terminated.await.unwrap();
            let supervisor = world.root.handle();
            let child = supervisor.which_children().await.unwrap().pop().unwrap();
            assert!(matches!(child.state, ChildState::Undefined), "{child:?}");
            assert_eq!(world.board.live(), 0);
            assert!(matches!(world.worker.ask(1).await, Err(CallError::NoProc)));
            // It can be started again.
            supervisor.restart_child("worker").await.unwrap();
            assert_eq!(world.worker.ask(2).await.unwrap(), 2);
            world.stop().await;
        });
    }
}

#[test]
fn a_child_that_dies_while_its_tree_stops_is_not_restarted_for_good() {
    for end in ends() {
        explore(move || async move {
            let world = World::<PLAIN>::start().await;
            let (worker, pid) = (world.worker.clone(), world.root.pid().clone());
            let stopping = spawn(async move {
                pid.stop(ExitReason::Shutdown);
                pid.exited().await
            });
            end(&world);
            // Whatever becomes of it, it comes to an end.
            drop(worker.ask(1).await);
            stopping.await;
            world.stop().await;
        });
    }
}

#[test]
fn a_group_whose_members_die_at_the_same_time_comes_back_whole() {
    explore(|| async {
        let (namespace, boards) = (namespace(), [(); 2].map(|()| Arc::<Board>::default()));
        let spec = patient(SupervisorSpec::new(Strategy::OneForAll))
            .child(child::<PLAIN>(&boards[0]))
            .child({
                let board = boards[1].clone();
                ChildSpec::service::<Worker<KEPT>>("other", move || (board.clone(),))
            });
        let root = spec.start("Group", namespace.clone()).await.unwrap();
        let (worker, other) = (
            Worker::<PLAIN>::via(&namespace),
            Worker::<KEPT>::via(&namespace),
        );
        let killed = spawn({
            let other = other.clone();
            async move { other.kill() }
        });
        worker.kill();
        killed.await;
        // What is asked of the supervisor now is answered when the group is back.
        while root.handle().count_children().await.unwrap().active < 2 {
            pause().await;
        }
        root.stop(ExitReason::Shutdown).await;
        for board in boards {
            board.check_end();
        }
        assert_eq!(namespace.process_count(), 0);
    });
}

/// Every call through a handle has one outcome, and an answer means that the handler ran.
fn calls_during_a_restart<const KIND: u8>(end: fn(&World<KIND>)) {
    explore(move || async move {
        let world = World::<KIND>::start().await;
        let callers: Vec<_> = (0..2)
            .map(|caller: u64| {
                let (worker, board) = (world.worker.clone(), world.board.clone());
                spawn(async move {
                    for number in [caller * 10 + 1, caller * 10 + 2] {
                        let outcome = match number % 2 {
                            0 => worker.ask_slowly(number).await,
                            _ => worker.ask_task(number).await,
                        };
                        match outcome {
                            Ok(answer) => {
                                assert_eq!(answer, number);
                                assert_eq!(board.times(number), 1);
                            }
                            Err(CallError::NoProc) if KIND == PLAIN => {
                                assert_eq!(board.times(number), 0);
                            }
                            // What was kept may have been anybody's.
                            Err(CallError::NoReply) if KIND == KEPT => {}
                            // Its task was dropped with the instance.
                            Err(CallError::Exited(_)) => {}
                            Err(other) => panic!("{number}: {other:?}"),
                        }
                    }
                    match worker.note(caller * 10 + 3).await {
                        Ok(()) => {}
                        Err(error) if matches!(error.kind, CastErrorKind::NoProc) => {
                            assert!(matches!(error.message, Say::Note(_)));
                        }
                        Err(error) => panic!("{:?}", error.kind),
                    }
                })
            })
            .collect();
        end(&world);
        pause().await;
        end(&world);
        for caller in callers {
            caller.await;
        }
        for caller in 0..2 {
            assert!(world.board.times(caller * 10 + 3) <= 1);
        }
        world.stop().await;
    });
}

#[test]
fn a_call_during_a_restart_has_one_outcome_after_a_kill() {
    calls_during_a_restart::<PLAIN>(kill);
}

#[test]
fn a_call_during_a_restart_has_one_outcome_after_an_error() {
    calls_during_a_restart::<PLAIN>(fail);
}

#[test]
fn a_call_during_a_restart_has_one_outcome_after_a_panic() {
    calls_during_a_restart::<PLAIN>(crash);
}

#[test]
fn a_kept_call_waits_for_the_successor_after_a_kill() {
    calls_during_a_restart::<KEPT>(kill);
}

#[test]
fn a_kept_call_waits_for_the_successor_after_a_panic() {
    calls_during_a_restart::<KEPT>(crash);
}

#[test]
fn a_start_that_is_given_up_leaves_nothing() {
    for polls in [1, 3, 8] {
        explore(move || async move {
            let (namespace, board) = (namespace(), Arc::<Board>::default());
            let inner = SupervisorSpec::new(Strategy::OneForOne).child(child::<PLAIN>(&board));
            let spec = SupervisorSpec::new(Strategy::OneForOne)
                .child(ChildSpec::supervisor("inner", inner))
                .child(ChildSpec::task("task", std::future::pending::<()>));
            let started = give_up_after(polls, spec.start("World", namespace.clone())).await;
            drop(started);
            for process in namespace.processes() {
                process.exited().await;
            }
            // Those that were started before their supervisor heard of the stop.
            while namespace.process_count() > 0 {
                pause().await;
            }
            board.check_end();
        });
    }
}

#[test]
fn a_stop_while_a_child_starts_takes_it_along() {
    explore(|| async {
        let (namespace, board) = (namespace(), Arc::<Board>::default());
        let root = SupervisorSpec::new(Strategy::OneForOne)
            .start("World", namespace.clone())
            .await
            .unwrap();
        let (supervisor, spec) = (root.handle().clone(), child::<PLAIN>(&board));
        let starting = spawn(async move { supervisor.start_child(spec).await });
        let reason = root.stop(ExitReason::Shutdown).await;
        assert!(matches!(reason, ExitReason::Shutdown), "{reason}");
        match starting.await {
            Ok(Some(pid)) => assert!(!pid.is_alive()),
            Err(SupervisorError::NoProc) => {}
            other => panic!("{other:?}"),
        }
        board.check_end();
        assert_eq!(namespace.process_count(), 0);
    });
}

#[test]
fn a_kill_of_the_supervisor_while_a_child_starts_takes_it_along() {
    explore(|| async {
        let (namespace, board) = (namespace(), Arc::<Board>::default());
        let root = SupervisorSpec::new(Strategy::OneForOne)
            .start("World", namespace.clone())
            .await
            .unwrap();
        let (supervisor, spec) = (root.handle().clone(), child::<PLAIN>(&board));
        let starting = spawn(async move { supervisor.start_child(spec).await });
        root.pid().kill();
        let reason = root.exited().await;
        assert!(matches!(reason, ExitReason::Killed), "{reason}");
        match starting.await {
            Ok(Some(pid)) => drop(pid.exited().await),
            Err(SupervisorError::NoProc) => {}
            other => panic!("{other:?}"),
        }
        board.check_end();
        assert_eq!(namespace.process_count(), 0);
    });
}

#[test]
fn a_kill_of_a_child_that_starts_fails_the_start_or_comes_after_it() {
    explore(|| async {
        let (namespace, board) = (namespace(), Arc::<Board>::default());
        let root = SupervisorSpec::new(Strategy::OneForOne)
            .start("World", namespace.clone())
            .await
            .unwrap();
        let spec = child::<PLAIN>(&board).restart(Restart::Temporary);
        let supervisor = root.handle().clone();
        let starting = spawn(async move { supervisor.start_child(spec).await });
        let killed = loop {
            let newest = namespace.processes().pop();
            match newest.filter(|pid| pid != root.pid()) {
                Some(pid) => break pid,
                None => pause().await,
            }
        };
        killed.kill();
        let reason = killed.exited().await;
        assert!(matches!(reason, ExitReason::Killed), "{reason}");
        match starting.await {
            Ok(Some(pid)) => assert_eq!(pid, killed),
            Err(SupervisorError::StartFailed(ExitReason::Killed)) => {}
            other => panic!("{other:?}"),
        }
        let left = root.handle().which_children().await.unwrap();
        assert!(left.is_empty(), "{left:?}");
        root.stop(ExitReason::Shutdown).await;
        board.check_end();
        assert_eq!(namespace.process_count(), 0);
    });
}

#[test]
fn a_kill_ends_a_child_that_would_never_start() {
    explore(|| async {
        let namespace = namespace();
        let root = SupervisorSpec::new(Strategy::OneForOne)
            .start("World", namespace.clone())
            .await
            .unwrap();
        let supervisor = root.handle().clone();
        let spec = ChildSpec::new("never", |_| std::future::pending::<ExitReason>());
        let starting = spawn(async move { supervisor.start_child(spec).await });
        // As early as it can be known, before its task is.
        let child = loop {
            let newest = namespace.processes().pop();
            match newest.filter(|pid| pid != root.pid()) {
                Some(pid) => break pid,
                None => pause().await,
            }
        };
        child.kill();
        let failed = starting.await.unwrap_err();
        assert!(
            matches!(failed, SupervisorError::StartFailed(ExitReason::Killed)),
            "{failed}"
        );
        root.stop(ExitReason::Shutdown).await;
        assert_eq!(namespace.process_count(), 0);
    });
}

#[test]
fn a_brutal_kill_meets_an_exit() {
    explore(|| async {
        let (namespace, board) = (namespace(), Arc::<Board>::default());
        let spec = patient(SupervisorSpec::new(Strategy::OneForOne))
            .child(child::<PLAIN>(&board).shutdown(Shutdown::BrutalKill));
        let root = spec.start("World", namespace.clone()).await.unwrap();
        let worker = Worker::<PLAIN>::via(&namespace);
        let exit = spawn(async move { worker.stop(ExitReason::error("told")) });
        root.stop(ExitReason::Shutdown).await;
        exit.await;
        board.check_end();
        assert_eq!(namespace.process_count(), 0);
    });
}
