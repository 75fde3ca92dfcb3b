//! Calls: answers, errors, deadlines, deferred replies.

use std::pin::pin;
use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot divide by zero")]
struct DivisionByZero;

#[service(call_timeout = "2s")]
#[derive(Debug)]
struct Calculator {
    journal: Journal<&'static str>,
    gate: Gate,
    deferred: Vec<ReplyTo<i64>>,
}

#[handlers]
impl Calculator {
    #[init]
    fn init(journal: Journal<&'static str>, gate: Gate) -> Self {
        Self {
            journal,
            gate,
            deferred: Vec::new(),
        }
    }

    #[call]
    fn double(&self, number: i64) -> i64 {
        self.journal.note("double");
        number * 2
    }

    #[call]
    fn divide(&self, a: i64, b: i64) -> Result<i64, DivisionByZero> {
        if b == 0 {
            Err(DivisionByZero)
        } else {
            Ok(a / b)
        }
    }

    #[call(plain)]
    fn checked(&self, a: i64, b: i64) -> Result<i64, DivisionByZero> {
        self.divide(a, b)
    }

    #[call]
    async fn wait_for_gate(&mut self) {
        self.gate.wait().await;
    }

    #[call(timeout = "100ms")]
    async fn impatient(&mut self) {
        self.gate.wait().await;
    }

    #[call]
    fn defer(&mut self, reply: ReplyTo<i64>) {
        self.deferred.push(reply);
    }

    #[call]
    fn forget(&mut self, reply: ReplyTo<i64>) {
        drop(reply);
    }

    #[cast]
    fn answer_all(&mut self, answer: i64) {
        for reply in self.deferred.drain(..) {
            reply.answer(answer);
        }
    }
}

async fn calculator(cx: &TestContext) -> (CalculatorHandle, Journal<&'static str>, Gate) {
    let (journal, gate) = (Journal::default(), Gate::default());
    let handle = cx
        .service::<Calculator>((journal.clone(), gate.clone()))
        .await;
    (handle, journal, gate)
}

#[scope::test]
async fn a_call_gives_the_handlers_answer(cx: TestContext) {
    let (calculator, ..) = calculator(&cx).await;
    assert_eq!(calculator.double(21).await.unwrap(), 42);
}

#[scope::test]
async fn the_handlers_error_is_flattened_into_the_calls(cx: TestContext) {
    let (calculator, ..) = calculator(&cx).await;
    assert_eq!(calculator.divide(6, 2).await.unwrap(), 3);
    let error = calculator.divide(6, 0).await.unwrap_err();
    assert_eq!(error.service(), Some(&DivisionByZero));
    assert!(calculator.is_alive(), "an error is an answer, not a crash");
}

#[scope::test]
async fn plain_leaves_a_result_as_it_is(cx: TestContext) {
    let (calculator, ..) = calculator(&cx).await;
    assert_eq!(calculator.checked(6, 0).await.unwrap(), Err(DivisionByZero));
}

#[scope::test]
async fn a_call_that_is_not_awaited_is_not_sent(cx: TestContext) {
    let (calculator, journal, _) = calculator(&cx).await;
    drop(calculator.double(1));
    settle().await;
    assert_eq!(journal.take(), Vec::<&str>::new());
}

#[scope::test]
async fn a_call_builder_is_send_and_static(cx: TestContext) {
    fn check<T: Send + 'static>(_: &T) {}
    let (calculator, ..) = calculator(&cx).await;
    let call = calculator.double(1);
    check(&call);
    assert_eq!(call.await.unwrap(), 2);
}

#[scope::test]
async fn each_deadline_is_kept_exactly_under_paused_time(cx: TestContext) {
    let (calculator, _, gate) = calculator(&cx).await;
    let check = async |call: scope::Call<Calculator, ()>, expected: Duration| {
        let start = tokio::time::Instant::now();
        assert!(matches!(call.await, Err(CallError::Timeout)));
        assert_eq!(start.elapsed(), expected);
    };
    // Of the service, of the handler, of the call.
    check(calculator.wait_for_gate(), Duration::from_secs(2)).await;
    check(calculator.impatient(), Duration::from_millis(100)).await;
    check(
        calculator.impatient().timeout(Duration::from_millis(7)),
        Duration::from_millis(7),
    )
    .await;
    // Several at once, the later ones begun first.
    tokio::join!(
        check(
            calculator.impatient().timeout(Duration::from_millis(30)),
            Duration::from_millis(30)
        ),
        check(
            calculator.impatient().timeout(Duration::from_millis(20)),
            Duration::from_millis(20)
        ),
        check(
            calculator.impatient().timeout(Duration::from_millis(21)),
            Duration::from_millis(21)
        ),
    );
    gate.open();
}

#[scope::test]
async fn a_call_whose_deadline_passed_while_it_queued_is_never_handled(cx: TestContext) {
    let (calculator, journal, gate) = calculator(&cx).await;
    let busy = tokio::spawn(calculator.wait_for_gate().no_timeout());
    settle().await;
    let queued = calculator
        .double(1)
        .timeout(Duration::from_millis(50))
        .await;
    assert!(matches!(queued, Err(CallError::Timeout)));
    gate.open();
    busy.await.unwrap().unwrap();
    assert_eq!(calculator.double(2).await.unwrap(), 4);
    assert_eq!(journal.take(), ["double"], "only the second one ran");
    assert_eq!(calculator.mailbox().counters.expired, 1);
}

#[scope::test]
async fn a_call_that_is_found_late_has_timed_out_before_its_caller_looks(cx: TestContext) {
    let (calculator, _, gate) = calculator(&cx).await;
    let busy = tokio::spawn(calculator.wait_for_gate().no_timeout());
    settle().await;
    let mut queued = pin!(calculator.double(1).timeout(Duration::from_millis(50)));
    tokio::select! {
        biased;
        early = &mut queued => panic!("{early:?}"),
        () = settle() => {}
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    gate.open();
    busy.await.unwrap().unwrap();
    settle().await;
    assert_eq!(calculator.mailbox().counters.expired, 1);
    assert!(matches!(queued.await, Err(CallError::Timeout)));
}

#[scope::test]
async fn a_call_whose_caller_gave_up_is_never_handled(cx: TestContext) {
    let (calculator, journal, gate) = calculator(&cx).await;
    let busy = tokio::spawn(calculator.wait_for_gate().no_timeout());
    settle().await;
    let queued = tokio::spawn(calculator.double(1));
    settle().await;
    queued.abort();
    settle().await;
    gate.open();
    busy.await.unwrap().unwrap();
    settle().await;
    assert_eq!(journal.take(), Vec::<&str>::new());
    assert_eq!(calculator.mailbox().counters.expired, 1);
}

#[scope::test]
async fn a_late_reply_goes_nowhere(cx: TestContext) {
    let (calculator, ..) = calculator(&cx).await;
    let late = calculator.defer().timeout(Duration::from_millis(10)).await;
    assert!(matches!(late, Err(CallError::Timeout)));
    calculator.answer_all(1).await.unwrap();
    assert_eq!(
        calculator.double(2).await.unwrap(),
        4,
        "the next caller gets its own answer"
    );
}

#[scope::test]
async fn a_deferred_reply_answers_while_the_service_goes_on(cx: TestContext) {
    let (calculator, ..) = calculator(&cx).await;
    let first = tokio::spawn(calculator.defer());
    let second = tokio::spawn(calculator.defer());
    settle().await;
    assert_eq!(calculator.double(3).await.unwrap(), 6);
    calculator.answer_all(7).await.unwrap();
    assert_eq!(first.await.unwrap().unwrap(), 7);
    assert_eq!(second.await.unwrap().unwrap(), 7);
}

#[scope::test]
async fn a_dropped_reply_is_an_error_at_once(cx: TestContext) {
    let (calculator, ..) = calculator(&cx).await;
    let start = tokio::time::Instant::now();
    assert!(matches!(calculator.forget().await, Err(CallError::NoReply)));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(calculator.is_alive());
}

#[scope::test]
async fn a_call_to_nobody_is_no_proc(cx: TestContext) {
    let calculator = Calculator::via(cx.namespace());
    assert!(matches!(calculator.double(1).await, Err(CallError::NoProc)));
}

#[scope::test]
async fn a_zero_timeout_fails_at_once(cx: TestContext) {
    let (calculator, journal, _) = calculator(&cx).await;
    let call = calculator.double(1).timeout(Duration::ZERO).await;
    assert!(matches!(call, Err(CallError::Timeout)));
    settle().await;
    assert_eq!(journal.take(), Vec::<&str>::new());
}

#[scope::test]
async fn the_largest_timeout_is_no_timeout(cx: TestContext) {
    let (calculator, ..) = calculator(&cx).await;
    assert_eq!(
        calculator.double(1).timeout(Duration::MAX).await.unwrap(),
        2
    );
}

/// Calls the calculator within its own handlers.
#[service]
#[derive(Debug)]
struct Front {
    calculator: CalculatorHandle,
    journal: Journal<Duration>,
}

#[handlers]
impl Front {
    #[init]
    fn init(calculator: CalculatorHandle, journal: Journal<Duration>) -> Self {
        Self {
            calculator,
            journal,
        }
    }

    #[call]
    async fn nested(&mut self) {
        let start = tokio::time::Instant::now();
        let failed = self.calculator.wait_for_gate().no_timeout().await.is_err();
        assert!(failed, "the gate stays closed");
        self.journal.note(start.elapsed());
    }

    #[call]
    fn in_a_task(&mut self, cx: &Context<Self>) {
        let call = self.calculator.wait_for_gate().no_timeout();
        let (start, journal) = (tokio::time::Instant::now(), self.journal.clone());
        drop(cx.spawn(async move {
            assert!(call.await.is_err(), "the gate stays closed");
            journal.note(start.elapsed());
        }));
    }
}

#[scope::test]
async fn a_nested_call_inherits_what_is_left_of_its_callers_deadline(cx: TestContext) {
    let (calculator, ..) = calculator(&cx).await;
    let journal = Journal::default();
    let front = cx.service::<Front>((calculator, journal.clone())).await;
    // Both end at the same instant; which of them is first does not matter here.
    drop(front.nested().timeout(Duration::from_millis(40)).await);
    assert_eq!(journal.next().await, Duration::from_millis(40));
}

#[scope::test]
async fn a_task_of_the_context_inherits_the_deadline(cx: TestContext) {
    let (calculator, ..) = calculator(&cx).await;
    let journal = Journal::default();
    let front = cx.service::<Front>((calculator, journal.clone())).await;
    front
        .in_a_task()
        .timeout(Duration::from_millis(60))
        .await
        .unwrap();
    assert_eq!(journal.next().await, Duration::from_millis(60));
}
