//! Callers whose wakers panic: foreign code, which concerns nobody else.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Task, Poll, Wake, Waker};
use std::time::Duration;

use scope::prelude::*;
use scope::testing::{TestContext, settle};
use tokio::task::JoinSet;

const LIMIT: Duration = Duration::from_millis(50);

/// Panics.
struct Broken;

impl Wake for Broken {
    fn wake(self: Arc<Self>) {
        panic!("a broken waker");
    }
}

/// Polls once, for somebody whose waker panics.
fn poll_broken<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Task::from_waker(&Waker::from(Arc::new(Broken))))
}

/// Counts calls, or keeps them.
#[service(mailbox = 1)]
struct Counter {
    count: u32,
    kept: Vec<ReplyTo<u32>>,
}

#[handlers]
impl Counter {
    #[init]
    fn new() -> Self {
        let (count, kept) = (0, Vec::new());
        Self { count, kept }
    }

    #[call]
    fn count(&mut self) -> u32 {
        self.count += 1;
        self.count
    }

    #[call]
    fn keep(&mut self, reply: ReplyTo<u32>) {
        self.kept.push(reply);
    }
}

supervisor! {
    supervisor Tree() {
        strategy: one_for_one,

        counter: Counter(),
    }
}

#[scope::test]
async fn an_answer_to_one_does_not_crash_the_service(cx: TestContext) {
    let counter = cx.service::<Counter>(()).await;
    assert_eq!(counter.count().await.unwrap(), 1);
    let mut call = pin!(counter.count());
    assert!(poll_broken(call.as_mut()).is_pending());
    settle().await;
    assert_eq!(call.await.unwrap(), 2);
    assert_eq!(counter.count().await.unwrap(), 3, "the service lives");
}

#[scope::test]
async fn others_whose_time_is_up_at_the_same_moment_are_woken(cx: TestContext) {
    let counter = cx.service::<Counter>(()).await;
    let mut call = pin!(counter.keep().timeout(LIMIT));
    assert!(poll_broken(call.as_mut()).is_pending());
    settle().await;
    let others: JoinSet<_> = (0..8).map(|_| counter.keep().timeout(LIMIT)).collect();
    let others = tokio::time::timeout(LIMIT * 2, others.join_all()).await;
    let is_over = |answer: &Result<u32, CallError>| matches!(answer, Err(CallError::Timeout));
    assert!(others.unwrap().iter().all(is_over));
}

#[scope::test]
async fn others_that_wait_for_room_are_woken_at_a_kill(cx: TestContext) {
    let counter = cx.service::<Counter>(()).await;
    settle().await;
    counter.suspend();
    settle().await;
    let mut first = pin!(counter.count().no_timeout());
    assert!(poll_broken(first.as_mut()).is_pending());
    let mut parked = pin!(counter.count().no_timeout());
    assert!(poll_broken(parked.as_mut()).is_pending());
    let others: JoinSet<_> = (0..4).map(|_| counter.count().no_timeout()).collect();
    settle().await;
    counter.kill();
    let others = tokio::time::timeout(LIMIT, others.join_all()).await;
    let is_told = |answer: &Result<u32, CallError>| matches!(answer, Err(CallError::Exited(_)));
    assert!(others.unwrap().iter().all(is_told));
}

#[scope::test]
async fn an_answer_to_one_does_not_crash_a_supervisor(cx: TestContext) {
    let tree = cx.start::<Tree>(()).await;
    let mut asks = Box::pin(tree.which_children());
    assert!(poll_broken(asks.as_mut()).is_pending());
    settle().await;
    assert_eq!(asks.await.unwrap().len(), 1);
    assert_eq!(tree.which_children().await.unwrap().len(), 1);
}
