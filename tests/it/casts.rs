//! Casts: delivery, backpressure, order, errors of handlers.

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};
use scope::{CastErrorKind, Restart};

#[service(mailbox = 2)]
#[derive(Debug)]
struct Sink {
    journal: Journal<u32>,
    gate: Gate,
}

#[handlers]
impl Sink {
    #[init]
    fn init(journal: Journal<u32>, gate: Gate) -> Self {
        Self { journal, gate }
    }

    #[cast]
    async fn push(&mut self, number: u32) {
        self.gate.wait().await;
        self.journal.note(number);
    }

    #[cast]
    fn fail(&mut self) -> Result<(), String> {
        Err("as it was told".to_owned())
    }

    #[call]
    fn fail_call(&mut self) -> Result<(), String> {
        Err("as it was told".to_owned())
    }

    #[cast]
    fn send_myself(&mut self, number: u32, cx: &Context<Self>) -> Result<(), String> {
        cx.myself().push(number).map_err(|error| error.to_string())
    }
}

async fn sink(cx: &TestContext) -> (SinkHandle, Journal<u32>, Gate) {
    let (journal, gate) = (Journal::default(), Gate::default());
    let handle = cx.service::<Sink>((journal.clone(), gate.clone())).await;
    (handle, journal, gate)
}

#[scope::test]
async fn casts_arrive_in_order(cx: TestContext) {
    let (sink, journal, gate) = sink(&cx).await;
    gate.open();
    for number in 0..100 {
        sink.push(number).await.unwrap();
    }
    settle().await;
    assert_eq!(journal.take(), (0..100).collect::<Vec<_>>());
}

#[scope::test]
async fn a_cast_waits_for_room_and_now_does_not(cx: TestContext) {
    let (sink, journal, gate) = sink(&cx).await;
    sink.push(0).await.unwrap();
    settle().await; // 0 is being handled
    sink.push(1).await.unwrap();
    sink.push(2).await.unwrap();
    let waiting = tokio::spawn(sink.push(3));
    settle().await;
    assert!(!waiting.is_finished(), "the mailbox holds two");

    let error = sink.push(4).now().unwrap_err();
    assert!(matches!(error.kind, CastErrorKind::Overloaded));
    assert_eq!(sink.mailbox().counters.rejected, 1);

    gate.open();
    waiting.await.unwrap().unwrap();
    // The message that came back can be sent again.
    sink.cast(error.message).await.unwrap();
    settle().await;
    assert_eq!(journal.take(), [0, 1, 2, 3, 4]);
}

#[scope::test]
async fn a_cast_gives_up_waiting_after_its_timeout(cx: TestContext) {
    let (sink, journal, gate) = sink(&cx).await;
    for number in 0..3 {
        sink.push(number).await.unwrap();
        settle().await;
    }
    let limit = std::time::Duration::from_millis(30);
    let error = sink.push(3).timeout(limit).await.unwrap_err();
    assert!(matches!(error.kind, CastErrorKind::Timeout));
    gate.open();
    settle().await;
    assert_eq!(journal.take(), [0, 1, 2]);
}

#[scope::test]
async fn a_cast_dropped_while_it_waits_was_not_sent(cx: TestContext) {
    let (sink, journal, gate) = sink(&cx).await;
    for number in 0..3 {
        sink.push(number).await.unwrap();
        settle().await;
    }
    let dropped = tokio::spawn(sink.push(3));
    let kept = tokio::spawn(sink.push(4));
    settle().await;
    dropped.abort();
    settle().await;
    gate.open();
    kept.await.unwrap().unwrap();
    settle().await;
    assert_eq!(journal.take(), [0, 1, 2, 4]);
}

#[scope::test]
async fn waiting_casts_come_back_when_the_service_ends(cx: TestContext) {
    let (sink, _, _gate) = sink(&cx).await;
    for number in 0..3 {
        sink.push(number).await.unwrap();
        settle().await;
    }
    let waiting = tokio::spawn(sink.push(3));
    settle().await;
    sink.kill();
    let error = waiting.await.unwrap().unwrap_err();
    assert!(matches!(
        error.kind,
        CastErrorKind::Exited(ExitReason::Killed)
    ));
    assert_eq!(
        sink.mailbox().counters.undelivered,
        2,
        "what was queued is counted"
    );
}

#[scope::test]
async fn a_cast_to_nobody_says_so_and_returns_the_message(cx: TestContext) {
    let sink = Sink::via(cx.namespace());
    let error = sink.push(5).await.unwrap_err();
    assert!(matches!(error.kind, CastErrorKind::NoProc));
    assert!(matches!(error.message, SinkMessage::Push(5)));
}

#[scope::test]
async fn an_error_of_a_handler_kills_neither_after_a_cast_nor_after_a_call(cx: TestContext) {
    let (sink, ..) = sink(&cx).await;
    let before = sink.pid().unwrap();
    sink.fail().await.unwrap();
    settle().await;
    assert_eq!(sink.pid().as_ref(), Some(&before));
    assert!(matches!(sink.fail_call().await, Err(CallError::Service(_))));
    settle().await;
    assert_eq!(sink.pid().as_ref(), Some(&before));
}

#[scope::test]
async fn a_service_casts_to_itself_behind_what_already_waits(cx: TestContext) {
    let (sink, journal, gate) = sink(&cx).await;
    gate.open();
    sink.send_myself(1).await.unwrap();
    sink.push(2).await.unwrap();
    settle().await;
    assert_eq!(journal.take(), [2, 1]);
}

#[scope::test(threads = 2)]
async fn eight_producers_of_a_full_mailbox_each_keep_their_order(cx: TestContext) {
    let (sink, journal, gate) = sink(&cx).await;
    gate.open();
    let producers: Vec<_> = (0..8_u32)
        .map(|producer| {
            let sink = sink.clone();
            tokio::spawn(async move {
                for number in 0..2_000 {
                    sink.push(producer * 10_000 + number).await.unwrap();
                }
            })
        })
        .collect();
    for producer in producers {
        producer.await.unwrap();
    }
    let mut seen = Vec::new();
    while seen.len() < 16_000 {
        seen.push(journal.next().await);
    }
    for producer in 0..8 {
        let of_one: Vec<_> = seen
            .iter()
            .filter(|number| **number / 10_000 == producer)
            .collect();
        assert!(
            of_one.is_sorted(),
            "producer {producer} was overtaken by itself"
        );
        assert_eq!(of_one.len(), 2_000);
    }
    assert!(
        sink.mailbox().high_water <= 2,
        "never more than the capacity waited"
    );
}

#[test]
fn options_are_what_was_declared() {
    assert_eq!(<Sink as scope::Declared>::OPTIONS.capacity, 2);
    assert_eq!(
        <Sink as scope::Declared>::OPTIONS.restart,
        Restart::Permanent
    );
}
