//! Rings of calls fail at once, with their names; and never without a ring.

use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Gate, TestContext, settle};
use scope::{ChildSpec, Strategy, SupervisorSpec};

/// One member of a ring: asks the next one. Three of them, under keys.
#[service(mailbox = 2)]
#[derive(Debug)]
struct Member {
    gate: Gate,
    held: Option<ReplyTo<u32>>,
}

fn member(cx_namespace: &Namespace, index: usize) -> MemberHandle {
    Member::via_key(cx_namespace, &index)
}

#[handlers]
impl Member {
    #[init]
    fn init(gate: Gate) -> Self {
        Self { gate, held: None }
    }

    /// Asks along `path`; answers with its length, or the first error as text.
    #[call]
    async fn ask(&mut self, path: Vec<usize>, cx: &Context<Self>) -> Result<u32, String> {
        let Some((next, rest)) = path.split_first() else {
            return Ok(0);
        };
        let answer = member(cx.namespace(), *next).ask(rest.to_vec()).await;
        match answer {
            Ok(length) => Ok(length + 1),
            Err(CallError::Service(text)) => Err(text),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Waits for the gate, then asks `next`.
    #[call]
    async fn ask_after_gate(&mut self, next: usize, cx: &Context<Self>) -> Result<u32, String> {
        self.gate.wait().await;
        member(cx.namespace(), next)
            .ask(Vec::new())
            .await
            .map_err(|error| error.to_string())
    }

    /// Asks `next` in a task, and answers at once.
    #[call]
    fn ask_in_a_task(&mut self, next: usize, cx: &Context<Self>) -> u32 {
        let call = member(cx.namespace(), next).ask(Vec::new());
        drop(cx.spawn(call));
        1
    }

    /// Answers later; meanwhile asks `next`, who waits for that answer.
    #[call]
    fn hold(&mut self, reply: ReplyTo<u32>) {
        self.held = Some(reply);
    }

    #[call]
    async fn ask_holder(&mut self, holder: usize, cx: &Context<Self>) -> Result<u32, String> {
        member(cx.namespace(), holder)
            .hold()
            .await
            .map_err(|error| error.to_string())
    }

    /// Asks `next`, and then answers what it held.
    #[call]
    async fn ask_and_release(&mut self, next: usize, cx: &Context<Self>) -> Result<u32, String> {
        let held = self.held.take();
        let waiting = cx.spawn(async move {
            if let Some(held) = held {
                held.answer(5);
            }
        });
        let answer = member(cx.namespace(), next).ask(Vec::new()).await;
        drop(waiting);
        answer.map_err(|error| error.to_string())
    }

    /// Fills the mailbox of `next` until a cast has to wait.
    #[call]
    async fn flood(&mut self, next: usize, cx: &Context<Self>) -> Result<u32, String> {
        for sent in 0..10 {
            let cast = member(cx.namespace(), next).nothing();
            cast.await
                .map_err(|error| format!("{sent}: {}", error.kind))?;
        }
        Ok(10)
    }

    #[cast]
    fn nothing(&mut self) {}
}

async fn members(cx: &TestContext, gate: &Gate) -> Vec<MemberHandle> {
    let children = (0..3).map(|index| {
        let gate = gate.clone();
        ChildSpec::keyed_service::<Member, usize>(format!("m{index}"), index, move || {
            (gate.clone(),)
        })
    });
    cx.start_spec(
        "Members",
        SupervisorSpec::new(Strategy::OneForOne).children(children),
    )
    .await;
    (0..3).map(|index| member(cx.namespace(), index)).collect()
}

#[scope::test]
async fn a_call_to_oneself_is_a_ring_of_one(cx: TestContext) {
    let members = members(&cx, &Gate::default()).await;
    let error = members[0].ask(vec![0]).await.unwrap_err();
    assert_eq!(
        error.service().unwrap(),
        "the call would wait for itself: Member[0] -> Member[0]"
    );
}

#[scope::test]
async fn a_ring_of_three_fails_at_once_with_its_names(cx: TestContext) {
    let members = members(&cx, &Gate::default()).await;
    let start = tokio::time::Instant::now();
    let error = members[0].ask(vec![1, 2, 0]).await.unwrap_err();
    assert_eq!(
        error.service().unwrap(),
        "the call would wait for itself: Member[2] -> Member[0] -> Member[1] -> Member[2]"
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(
        members.iter().all(|member| member.is_alive()),
        "a ring is an error, not a crash"
    );
}

#[scope::test]
async fn a_chain_is_no_ring(cx: TestContext) {
    let members = members(&cx, &Gate::default()).await;
    assert_eq!(members[0].ask(vec![1, 2]).await.unwrap(), 2);
    assert_eq!(members[2].ask(vec![1, 0]).await.unwrap(), 2);
}

#[scope::test]
async fn of_two_that_call_each_other_at_the_same_time_at_least_one_sees_it(cx: TestContext) {
    let gate = Gate::default();
    let members = members(&cx, &gate).await;
    let first = tokio::spawn(members[0].ask_after_gate(1));
    let second = tokio::spawn(members[1].ask_after_gate(0));
    settle().await;
    let start = tokio::time::Instant::now();
    gate.open();
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert!(first.is_err() || second.is_err());
    assert_eq!(
        start.elapsed(),
        Duration::ZERO,
        "nobody waited for a deadline"
    );
}

#[scope::test]
async fn a_call_in_a_task_is_no_edge(cx: TestContext) {
    let members = members(&cx, &Gate::default()).await;
    assert_eq!(members[0].ask_in_a_task(0).await.unwrap(), 1);
    settle().await;
    assert_eq!(members[0].ask(Vec::new()).await.unwrap(), 0);
}

#[scope::test]
async fn a_deferred_reply_is_no_edge(cx: TestContext) {
    let members = members(&cx, &Gate::default()).await;
    // 0 waits for what 1 holds; 1 calls 0 while a task of 1 answers that.
    let waiting = tokio::spawn(members[0].ask_holder(1));
    settle().await;
    assert_eq!(
        members[1].ask_and_release(0).await.unwrap(),
        0,
        "not a false deadlock"
    );
    assert_eq!(waiting.await.unwrap().unwrap(), 5);
}

#[scope::test]
async fn a_waiting_cast_is_an_edge(cx: TestContext) {
    let members = members(&cx, &Gate::default()).await;
    // It casts into its own mailbox, which holds two: the third would wait for itself.
    let error = members[0].flood(0).await.unwrap_err();
    assert_eq!(
        error.service().unwrap(),
        "2: the cast would wait for itself: Member[0] -> Member[0]"
    );
}
