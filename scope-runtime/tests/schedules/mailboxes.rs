//! A mailbox that is too small for those who write to it.

use scope_runtime::{CallError, CastErrorKind, ExitReason};

use crate::explore::{explore, give_up_after, spawn};
use crate::world::{DRAINED, Say, TIGHT, World};

/// The numbers of one sender, in the order in which they were handled.
fn of(sender: u64, began: &[u64]) -> Vec<u64> {
    let own = began.iter().copied();
    own.filter(|number| number / 10 == sender).collect()
}

#[test]
fn a_full_mailbox_keeps_the_order_of_each_sender_and_loses_nothing() {
    for polls in [1, 2, 3] {
        explore(move || async move {
            let world = World::<TIGHT>::start().await;
            let producers: Vec<_> = (1..=3)
                .map(|sender| {
                    let worker = world.worker.clone();
                    spawn(async move {
                        for number in 0..3 {
                            let sent = worker.note(sender * 10 + number).await;
                            sent.map_err(|it| it.kind).unwrap();
                        }
                    })
                })
                .collect();
            let worker = world.worker.clone();
            let cancelled = spawn(async move {
                let first = give_up_after(polls, worker.note(40)).await;
                let second = give_up_after(polls, worker.note(41)).await;
                [first.is_some(), second.is_some()]
            });
            for producer in producers {
                producer.await;
            }
            let sent = cancelled.await;
            // It is behind all the others.
            assert_eq!(world.worker.ask(1).await.unwrap(), 1);
            let began = world.board.began();
            for sender in 1..=3 {
                let expected = [0, 1, 2].map(|number| sender * 10 + number);
                assert_eq!(of(sender, &began), expected, "{began:?}");
            }
            let (own, mut expected) = (of(4, &began), vec![]);
            for (number, sent) in [40, 41].into_iter().zip(sent) {
                // A send that was given up may have been moved in just before.
                if sent || own.contains(&number) {
                    expected.push(number);
                }
            }
            assert_eq!(own, expected, "{began:?}");
            let status = world.worker.mailbox();
            assert_eq!(status.length, 0);
            assert!(status.high_water <= 2 + 1, "{status:?}");
            world.stop().await;
        });
    }
}

#[test]
fn senders_in_line_learn_of_the_end() {
    explore(|| async {
        let world = World::<TIGHT>::start().await;
        let senders: Vec<_> = (1..=3)
            .map(|sender| {
                let worker = world.worker.clone();
                spawn(async move {
                    let mut delivered = vec![];
                    for number in [sender * 10, sender * 10 + 1] {
                        match worker.note(number).await {
                            Ok(()) => delivered.push(number),
                            Err(error) => {
                                assert!(matches!(error.message, Say::Note(it) if it == number));
                                assert!(matches!(
                                    error.kind,
                                    CastErrorKind::NoProc | CastErrorKind::Exited(_)
                                ));
                            }
                        }
                    }
                    delivered
                })
            })
            .collect();
        world.worker.kill();
        let mut delivered = vec![];
        for sender in senders {
            delivered.extend(sender.await);
        }
        let began = world.board.began();
        assert!(began.iter().all(|it| delivered.contains(it)), "{began:?}");
        for sender in 1..=3 {
            assert!(of(sender, &began).is_sorted(), "{began:?}");
        }
        let undelivered = delivered.len() - began.len();
        let counted = world.worker.mailbox().counters.undelivered;
        // One that was taken out is in nobody's hands when the kill comes.
        assert!(counted <= undelivered as u64, "{counted} of {undelivered}");
        world.stop().await;
    });
}

#[test]
fn what_waits_is_served_before_a_stop() {
    explore(|| async {
        let world = World::<DRAINED>::start().await;
        let senders: Vec<_> = (1..=2)
            .map(|sender| {
                let worker = world.worker.clone();
                spawn(async move {
                    let mut sent = vec![];
                    for number in [sender * 10, sender * 10 + 1] {
                        if worker.note(number).await.is_ok() {
                            sent.push(number);
                        }
                    }
                    match worker.ask_slowly(sender * 10 + 2).await {
                        Ok(number) => sent.push(number),
                        Err(CallError::NoProc | CallError::Exited(ExitReason::Shutdown)) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                    sent
                })
            })
            .collect();
        let board = world.board.clone();
        world.stop().await;
        let began = board.began();
        for sender in senders {
            for number in sender.await {
                assert!(began.contains(&number), "{number} of {began:?}");
            }
        }
    });
}
