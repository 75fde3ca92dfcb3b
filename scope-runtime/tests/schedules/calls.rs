//! Callers that leave while their answer comes.

use scope_runtime::CallError;

use crate::explore::{explore, give_up_after, spawn};
use crate::world::{PLAIN, World};

#[test]
fn a_caller_that_leaves_meets_its_answer() {
    for polls in [1, 2, 3] {
        explore(move || async move {
            let world = World::<PLAIN>::start().await;
            let callers: Vec<_> = (0..3)
                .map(|number| {
                    let worker = world.worker.clone();
                    spawn(async move {
                        match number {
                            0 => give_up_after(polls, worker.ask(number)).await,
                            1 => give_up_after(polls, worker.ask_slowly(number)).await,
                            _ => give_up_after(polls, worker.ask_task(number)).await,
                        }
                    })
                })
                .collect();
            let mut answers = vec![];
            for caller in callers {
                answers.push(caller.await);
            }
            assert_eq!(world.worker.ask(9).await.unwrap(), 9);
            for (number, answer) in (0..).zip(answers) {
                match answer {
                    Some(answer) => assert_eq!(answer.unwrap(), number),
                    None => assert!(world.board.times(number) <= 1),
                }
            }
            // Run or counted.
            let expired = world.worker.mailbox().counters.expired;
            assert_eq!(world.board.began().len() as u64 + expired, 4);
            world.stop().await;
        });
    }
}

#[test]
fn a_deadline_meets_its_answer() {
    use std::time::Duration;

    explore(|| async {
        let world = World::<PLAIN>::start().await;
        let callers: Vec<_> = (0..3)
            .map(|number| {
                let worker = world.worker.clone();
                spawn(async move {
                    let limit = Duration::from_millis(10 + number);
                    match worker.ask_slowly(number).timeout(limit).await {
                        Ok(answer) => assert_eq!(answer, number),
                        Err(CallError::Timeout) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await;
        }
        assert_eq!(world.worker.ask(9).await.unwrap(), 9);
        let expired = world.worker.mailbox().counters.expired;
        assert_eq!(world.board.began().len() as u64 + expired, 4);
        world.stop().await;
    });
}
