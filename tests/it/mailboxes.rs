//! What becomes of messages under each policy of a mailbox.

use std::pin::Pin;
use std::task::Poll;

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};
use scope::{CastErrorKind, Service};

/// Makes a service with its own mailbox policy; they differ in nothing else.
macro_rules! sink {
    ($name:ident, $($options:tt)*) => {
        #[service(mailbox($($options)*))]
        #[derive(Debug)]
        pub(super) struct $name {
            journal: Journal<u32>,
            gate: Gate,
        }

        #[handlers]
        impl $name {
            #[init]
            fn init(journal: Journal<u32>, gate: Gate) -> Self {
                Self { journal, gate }
            }

            #[call]
            async fn handle(&mut self, number: u32) -> u32 {
                self.gate.wait().await;
                assert!(number != 13, "unlucky");
                self.journal.note(number);
                number
            }

            #[cast]
            async fn note(&mut self, number: u32) {
                self.gate.wait().await;
                self.journal.note(number);
            }
        }
    };
}

mod rejecting {
    use super::*;
    sink!(Rejecting, capacity = 2, overload = reject);
}
mod dropping {
    use super::*;
    sink!(Dropping, capacity = 2, overload = drop_oldest);
}
mod waiting {
    use super::*;
    sink!(Waiting, capacity = 1);
}
mod keeping {
    use super::*;
    sink!(Keeping, capacity = 16, keep);
}
mod draining {
    use super::*;
    sink!(Draining, capacity = 16, drain);
}
mod plain {
    use super::*;
    sink!(Plain, capacity = 16);
}

/// A running sink of one kind, what it notes, and the gate before each message.
async fn sink<S>(cx: &TestContext) -> (S::Handle, Journal<u32>, Gate)
where
    S: Service<Args = (Journal<u32>, Gate)>,
{
    let (journal, gate) = (Journal::default(), Gate::default());
    let args = (journal.clone(), gate.clone());
    (cx.service::<S>(args).await, journal, gate)
}

#[scope::test]
async fn a_full_mailbox_that_rejects_fails_at_once(cx: TestContext) {
    let (sink, journal, gate) = sink::<rejecting::Rejecting>(&cx).await;
    let mut calls = Vec::new();
    for number in 0..3 {
        calls.push(tokio::spawn(sink.handle(number)));
        settle().await;
    }
    assert!(matches!(sink.handle(3).await, Err(CallError::Overloaded)));
    let error = sink.note(4).await.unwrap_err();
    assert!(matches!(error.kind, CastErrorKind::Overloaded));
    assert_eq!(sink.mailbox().counters.rejected, 2);
    assert_eq!((sink.mailbox().length, sink.mailbox().capacity), (2, 2));
    gate.open();
    for (number, call) in (0..).zip(calls) {
        assert_eq!(call.await.unwrap().unwrap(), number);
    }
    assert_eq!(journal.take(), [0, 1, 2]);
}

#[scope::test]
async fn a_full_mailbox_that_drops_its_oldest_tells_its_caller_and_counts(cx: TestContext) {
    let (sink, journal, gate) = sink::<dropping::Dropping>(&cx).await;
    let mut calls = Vec::new();
    for number in 0..4 {
        calls.push(tokio::spawn(sink.handle(number)));
        settle().await;
    }
    sink.note(4).await.unwrap();
    gate.open();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    assert!(matches!(answers[0], Ok(0)), "it was being handled");
    assert!(matches!(answers[1], Err(CallError::Overloaded)));
    assert!(matches!(answers[2], Err(CallError::Overloaded)));
    assert!(matches!(answers[3], Ok(3)));
    settle().await;
    assert_eq!(journal.take(), [0, 3, 4]);
    assert_eq!(sink.mailbox().counters.dropped_oldest, 2);
}

#[scope::test]
async fn kept_messages_wait_for_the_successor_but_not_the_one_that_crashed(cx: TestContext) {
    let (sink, journal, gate) = sink::<keeping::Keeping>(&cx).await;
    let unlucky = tokio::spawn(sink.handle(13));
    settle().await;
    let kept = tokio::spawn(sink.handle(1));
    settle().await;
    sink.note(2).await.unwrap();
    gate.open();
    assert!(matches!(unlucky.await.unwrap(), Err(CallError::Exited(reason)) if reason.is_panic()));
    assert_eq!(kept.await.unwrap().unwrap(), 1);
    settle().await;
    assert_eq!(
        journal.take(),
        [1, 2],
        "in order, and 13 is not handled again"
    );
    assert_eq!(sink.mailbox().counters.undelivered, 0);
}

#[scope::test]
async fn kept_messages_are_handed_back_when_no_successor_comes(cx: TestContext) {
    let (journal, gate) = (Journal::default(), Gate::default());
    let namespace = cx.namespace().clone();
    let spec =
        scope::SupervisorSpec::new(scope::Strategy::OneForOne).child(scope::ChildSpec::service::<
            keeping::Keeping,
        >("sink", {
            let (journal, gate) = (journal.clone(), gate.clone());
            move || (journal.clone(), gate.clone())
        }));
    let supervisor = cx.start_spec("Keeper", spec).await;
    let sink = keeping::Keeping::via(&namespace);
    let busy = tokio::spawn(sink.handle(0));
    settle().await;
    let queued = tokio::spawn(sink.handle(1).no_timeout());
    settle().await;
    let stopping = supervisor.terminate_child("sink");
    let (stopped, ()) = tokio::join!(stopping, async {
        settle().await;
        gate.open();
    });
    stopped.unwrap();
    assert_eq!(busy.await.unwrap().unwrap(), 0, "what runs is finished");
    assert!(matches!(
        queued.await.unwrap(),
        Err(CallError::Exited(ExitReason::Shutdown))
    ));
    assert!(matches!(sink.handle(2).await, Err(CallError::NoProc)));
}

#[scope::test]
async fn a_call_that_is_given_up_counts_if_it_was_in_the_mailbox(cx: TestContext) {
    let (sink, journal, gate) = sink::<waiting::Waiting>(&cx).await;
    let busy = tokio::spawn(sink.handle(0));
    settle().await;
    let calls = [1, 2, 3, 4].map(|number| tokio::spawn(sink.handle(number)));
    settle().await;
    for call in calls {
        call.abort();
    }
    settle().await;
    gate.open();
    busy.await.unwrap().unwrap();
    assert_eq!(sink.handle(5).await.unwrap(), 5);
    assert_eq!(journal.take(), [0, 5]);
    let expired = sink.mailbox().counters.expired;
    assert_eq!(expired, 1, "the others waited for room");
}

#[scope::test]
async fn a_stop_overtakes_the_mailbox(cx: TestContext) {
    let (sink, journal, gate) = sink::<plain::Plain>(&cx).await;
    let busy = tokio::spawn(sink.handle(0));
    settle().await;
    let queued = tokio::spawn(sink.handle(1));
    settle().await;
    sink.note(2).await.unwrap();
    let pid = sink.pid().unwrap();
    pid.stop(ExitReason::Shutdown);
    gate.open();
    pid.exited().await;
    assert_eq!(busy.await.unwrap().unwrap(), 0);
    assert!(matches!(
        queued.await.unwrap(),
        Err(CallError::Exited(ExitReason::Shutdown))
    ));
    assert_eq!(journal.take(), [0]);
    assert_eq!(sink.mailbox().counters.undelivered, 2);
}

#[scope::test]
async fn a_draining_mailbox_serves_what_waits_before_a_stop_and_takes_nothing_more(
    cx: TestContext,
) {
    let (sink, journal, gate) = sink::<draining::Draining>(&cx).await;
    let busy = tokio::spawn(sink.handle(0));
    settle().await;
    let queued = tokio::spawn(sink.handle(1));
    settle().await;
    sink.note(2).await.unwrap();
    let pid = sink.pid().unwrap();
    pid.stop(ExitReason::Shutdown);
    gate.open();
    pid.exited().await;
    assert_eq!(busy.await.unwrap().unwrap(), 0);
    assert_eq!(queued.await.unwrap().unwrap(), 1);
    assert_eq!(journal.take(), [0, 1, 2]);
}

#[scope::test]
async fn a_full_mailbox_does_not_delay_a_stop(cx: TestContext) {
    let (sink, journal, gate) = sink::<rejecting::Rejecting>(&cx).await;
    let busy = tokio::spawn(sink.handle(0));
    settle().await;
    sink.note(1).await.unwrap();
    sink.note(2).await.unwrap();
    let pid = sink.pid().unwrap();
    pid.stop(ExitReason::Shutdown);
    gate.open();
    pid.exited().await;
    drop(busy.await);
    assert_eq!(
        journal.take(),
        [0],
        "the stop came before the two that waited"
    );
}

#[scope::test]
async fn a_cast_that_two_crashes_refused_comes_back_once_it_is_asked_for(cx: TestContext) {
    let (sink, journal, gate) = sink::<plain::Plain>(&cx).await;
    let unlucky = tokio::spawn(sink.handle(13));
    settle().await;
    for number in 0..16 {
        sink.note(number).now().unwrap();
    }
    let mut late = sink.note(99);
    let pending = std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut late).poll(cx).is_pending()));
    assert!(pending.await, "there is no room");
    gate.open();
    unlucky.await.unwrap().unwrap_err();
    settle().await;
    sink.handle(13).await.unwrap_err();
    settle().await;
    let error = late.await.unwrap_err();
    assert!(matches!(error.kind, CastErrorKind::Exited(reason) if reason.is_panic()));
    assert!(journal.take().is_empty());
}

#[service(mailbox(capacity = 1, overload = drop_oldest))]
struct Latest {
    value: u32,
}

#[handlers]
impl Latest {
    #[init]
    fn new() -> Self {
        Self { value: 0 }
    }

    #[cast]
    fn set(&mut self, value: u32) {
        self.value = value;
    }

    #[call]
    fn get(&self) -> u32 {
        self.value
    }
}

supervisor! {
    supervisor Latests() {
        strategy: one_for_one,

        latest: Latest(),
    }
}

/// Between the two steps in which the receiver takes the only message, there is none to drop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn senders_of_the_latest_value_do_not_wait_for_the_receiver_to_take_the_last() {
    let namespace = Namespace::test("the latest value");
    let tree = Latests::start_in(namespace).await.unwrap();
    let senders: Vec<_> = (0..6)
        .map(|_| {
            let latest = tree.latest();
            std::thread::spawn(move || {
                for value in 0..20_000 {
                    latest.set(value).now().unwrap();
                }
            })
        })
        .collect();
    for sender in senders {
        sender.join().unwrap();
    }
    // A call would drop what waits.
    while tree.latest().mailbox().length > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(tree.latest().get().await.unwrap(), 19_999);
    tree.shutdown().await;
}
