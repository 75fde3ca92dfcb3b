//! What a caller learns whose call is lost: how the incarnation ended that had it, whoever is there now.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use scope::ReplyTo;
use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};

/// Makes a service with its own mailbox; they differ in nothing else.
macro_rules! silent {
    ($name:ident, $($options:tt)*) => {
        #[service(mailbox($($options)*))]
        pub(super) struct $name {
            held: Vec<ReplyTo<u32>>,
            leaving: Gate,
        }

        #[handlers]
        impl $name {
            #[init]
            fn init(leaving: Gate) -> Self {
                let held = Vec::new();
                Self { held, leaving }
            }

            #[call]
            async fn hang(&mut self) -> u32 {
                std::future::pending().await
            }

            #[call]
            fn hold(&mut self, reply: ReplyTo<u32>) {
                self.held.push(reply);
            }

            #[call]
            fn lose(&mut self, reply: ReplyTo<u32>) {
                drop(reply);
            }

            #[call]
            async fn pass(&mut self, gate: Gate) -> u32 {
                gate.wait().await;
                1
            }

            #[terminate]
            async fn leave(&mut self) {
                self.leaving.wait().await;
            }
        }
    };
}

/// Services with a mailbox that outlives an incarnation, and one with room for one message.
mod kept {
    use super::*;
    silent!(Kept, keep);
}
mod narrow {
    use super::*;
    silent!(Narrow, capacity = 1);
}
mod passing {
    use super::*;
    silent!(Passing, capacity = 8);
}
use kept::Kept;
use narrow::Narrow;
use passing::Passing;

supervisor! {
    supervisor Visits(leaving: Gate) {
        strategy: one_for_one,

        visits: dynamic Passing(leaving.clone()) by _id: u32 { idle: "5s" },
    }
}

fn open() -> Gate {
    let gate = Gate::default();
    gate.open();
    gate
}

/// Sends a call, and does not look again.
async fn send<F: Future + Unpin>(mut call: F) -> F {
    let is_sent = poll_fn(|cx| Poll::Ready(Pin::new(&mut call).poll(cx).is_pending())).await;
    assert!(is_sent);
    settle().await;
    call
}

fn is_killed<T>(answer: &Result<T, CallError>) -> bool {
    matches!(answer, Err(CallError::Exited(ExitReason::Killed)))
}

#[scope::test]
async fn a_kept_call_that_was_killed_in_its_handler_says_so_when_the_successor_runs(
    cx: TestContext,
) {
    let kept = cx.service::<Kept>((open(),)).await;
    let call = send(kept.hang().no_timeout()).await;
    kept.kill();
    settle().await;
    assert!(kept.is_alive(), "the successor");
    assert!(is_killed(&call.await));
}

#[scope::test]
async fn a_call_held_by_a_state_is_lost_with_it(cx: TestContext) {
    let kept = cx.service::<Kept>((open(),)).await;
    let call = send(kept.hold()).await;
    kept.stop(ExitReason::error("tired"));
    settle().await;
    assert!(kept.is_alive(), "the successor");
    let error = call.await.unwrap_err();
    assert!(error.to_string().contains("tired"), "{error}");
    let call = send(kept.hold()).await;
    kept.kill();
    settle().await;
    assert!(is_killed(&call.await));
}

#[scope::test]
async fn a_call_that_waited_for_room_learns_of_who_had_it(cx: TestContext) {
    let narrow = cx.service::<Narrow>((open(),)).await;
    let gate = Gate::default();
    let first = send(narrow.pass(gate.clone())).await;
    let second = send(narrow.pass(gate.clone())).await;
    let parked = send(narrow.hang().no_timeout()).await;
    gate.open();
    first.await.unwrap();
    second.await.unwrap();
    settle().await;
    narrow.kill();
    settle().await;
    assert!(narrow.is_alive(), "the successor");
    assert!(is_killed(&parked.await));
}

#[scope::test]
async fn a_call_for_a_successor_does_not_learn_of_the_end_before(cx: TestContext) {
    let leaving = Gate::default();
    let tree = cx.start::<Visits>((leaving.clone(),)).await;
    let visit = tree.visits().get_or_start(1).await.unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(visit.is_alive(), "it is about to leave");
    let call = send(visit.lose()).await;
    leaving.open();
    let lost = call.await;
    assert!(matches!(lost, Err(CallError::NoReply)), "{lost:?}");
}

#[scope::test]
async fn who_does_not_look_that_it_was_refused_is_in_nobodys_way(cx: TestContext) {
    let tree = cx.start::<Visits>((open(),)).await;
    let visit = tree.visits().get_or_start(1).await.unwrap();
    let running = send(visit.hang().no_timeout()).await;
    let mut calls = Vec::new();
    // As many as there is room for, and one more.
    for _ in 0..9 {
        calls.push(send(visit.hang().no_timeout()).await);
    }
    visit.kill();
    assert!(is_killed(&running.await));
    settle().await;
    assert!(visit.is_alive(), "the successor");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(!visit.is_alive(), "nobody waits for it");
    for call in calls {
        let answer = call.await;
        assert!(is_killed(&answer), "{answer:?}");
    }
}

/// Hands its calls on to another service.
#[service]
struct Front {
    back: Journal<ReplyTo<u32>>,
}

#[handlers]
impl Front {
    #[init]
    fn init(back: Journal<ReplyTo<u32>>) -> Self {
        Self { back }
    }

    #[call]
    fn ask(&mut self, reply: ReplyTo<u32>) {
        self.back.note(reply.defer());
    }

    #[cast]
    fn crash(&mut self) {
        panic!("the old crash")
    }
}

/// Keeps what it is given to the end.
#[service]
struct Back {
    held: Vec<ReplyTo<u32>>,
}

#[handlers]
impl Back {
    #[init]
    fn init() -> Self {
        Self { held: Vec::new() }
    }

    #[cast]
    fn take(&mut self, replies: Vec<ReplyTo<u32>>) {
        self.held.extend(replies);
    }
}

#[scope::test]
async fn a_call_that_was_handed_on_is_not_blamed_on_an_old_crash_of_who_handed_it_on(
    cx: TestContext,
) {
    let back = cx.service::<Back>(()).await;
    let desk = Journal::default();
    let front = cx.service::<Front>((desk.clone(),)).await;
    // So that it ends with a higher number than the other one.
    front.crash().await.unwrap();
    settle().await;
    let call = send(front.ask()).await;
    back.take(desk.take()).await.unwrap();
    settle().await;
    back.stop(ExitReason::Normal);
    settle().await;
    let answer = call.await;
    assert!(matches!(answer, Err(CallError::NoReply)), "{answer:?}");
}
