//! Faults: fatal errors are answers first and crashes then, all others are answers only.

use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};

#[derive(Debug, thiserror::Error)]
#[error("page 7 is torn")]
struct Torn;

#[derive(Debug, thiserror::Error, ServiceError)]
enum LedgerError {
    #[error("no account {0}")]
    #[fault(recoverable, status = 404)]
    UnknownAccount(String),
    #[error("the books do not balance")]
    #[fault(fatal, status = 507)]
    Corrupt(#[source] Torn),
}

const CORRUPT: LedgerError = LedgerError::Corrupt(Torn);

fn unknown() -> LedgerError {
    LedgerError::UnknownAccount("ada".to_owned())
}

/// Fatal in every way, and no `ServiceError`.
#[derive(Debug, thiserror::Error)]
#[error("fatal, says nobody")]
struct Unclassified;

#[derive(Clone, Copy, Debug)]
struct Audit;

#[derive(Clone, Copy, Debug)]
struct Glance;

type LedgerResult<T> = Result<T, LedgerError>;

#[service(restart = transient)]
#[derive(Debug)]
struct Ledger {
    journal: Journal<String>,
    /// Holds up `close_year` and `audited`.
    year: Gate,
    /// Holds up `terminate`.
    end: Gate,
    entries: u32,
    tick: bool,
}

#[handlers]
impl Ledger {
    #[init]
    fn init(journal: Journal<String>, year: Gate, end: Gate) -> Self {
        journal.note("init".to_owned());
        Self {
            journal,
            year,
            end,
            entries: 0,
            tick: false,
        }
    }

    #[call]
    fn enter(&mut self) -> u32 {
        self.entries += 1;
        self.entries
    }

    #[call]
    fn balance(&self) -> Result<u32, LedgerError> {
        Err(unknown())
    }

    #[call]
    async fn close_year(&mut self) -> LedgerResult<u32> {
        self.year.wait().await;
        Err(CORRUPT)
    }

    #[call]
    fn close_and_stop(&mut self, cx: &mut Context<Self>) -> Result<u32, LedgerError> {
        cx.stop(ExitReason::Normal);
        Err(CORRUPT)
    }

    #[call]
    fn unclassified(&self) -> Result<u32, Unclassified> {
        Err(Unclassified)
    }

    #[call(plain)]
    fn plain(&self) -> Result<u32, LedgerError> {
        Err(CORRUPT)
    }

    #[call]
    fn later(&mut self, reply: ReplyTo<u32, LedgerError>) {
        reply.answer_error(CORRUPT);
    }

    #[cast]
    fn burn(&mut self) -> Result<(), LedgerError> {
        Err(CORRUPT)
    }

    #[cast]
    fn smudge(&mut self) -> Result<(), LedgerError> {
        Err(unknown())
    }

    #[cast]
    fn tick(&mut self) {
        self.tick = true;
    }

    #[info]
    async fn audited(&mut self, _audit: Audit, _cx: &mut Context<Self>) -> Result<(), LedgerError> {
        self.year.wait().await;
        Err(CORRUPT)
    }

    #[info]
    fn glanced(&mut self, _glance: Glance) -> Result<(), Unclassified> {
        Err(Unclassified)
    }

    #[every("1h")]
    fn hourly(&mut self) -> LedgerResult<()> {
        if self.tick { Err(CORRUPT) } else { Ok(()) }
    }

    #[terminate]
    async fn close(&mut self, reason: &ExitReason) -> Result<(), LedgerError> {
        self.journal.note(format!("terminate {reason}"));
        self.end.wait().await;
        Err(CORRUPT)
    }
}

async fn ledger(cx: &TestContext, year: &Gate, end: &Gate) -> (LedgerHandle, Journal<String>) {
    let journal = Journal::default();
    let args = (journal.clone(), year.clone(), end.clone());
    (cx.service::<Ledger>(args).await, journal)
}

/// A ledger that nothing holds up.
async fn open_ledger(cx: &TestContext) -> (LedgerHandle, Journal<String>) {
    let gate = Gate::default();
    gate.open();
    ledger(cx, &gate, &gate).await
}

/// Lets `crash` happen, and checks that it ends the incarnation with the error's text.
async fn check_fatal(cx: &TestContext, crash: impl AsyncFnOnce(&LedgerHandle)) {
    let (ledger, journal) = open_ledger(cx).await;
    assert_eq!(ledger.enter().await.unwrap(), 1);
    let before = ledger.pid().unwrap();
    let down = ledger.down();
    crash(&ledger).await;
    let reason = down.await.reason;
    assert_eq!(reason.to_string(), "error: the books do not balance");
    settle().await;
    assert_eq!(
        journal.take(),
        ["init", &format!("terminate {reason}"), "init"]
    );
    assert_ne!(ledger.pid().unwrap(), before);
    assert_eq!(ledger.enter().await.unwrap(), 1, "its state is fresh");
}

/// Lets `fail` happen, and checks that the incarnation goes on.
async fn check_recoverable(cx: &TestContext, fail: impl AsyncFnOnce(&LedgerHandle)) {
    let (ledger, journal) = open_ledger(cx).await;
    assert_eq!(ledger.enter().await.unwrap(), 1);
    fail(&ledger).await;
    settle().await;
    assert_eq!(ledger.enter().await.unwrap(), 2);
    assert_eq!(journal.take(), ["init"]);
}

#[scope::test]
async fn a_fatal_error_of_a_call_is_answered_and_then_ends_the_incarnation(cx: TestContext) {
    check_fatal(&cx, async |ledger| {
        let answer = ledger.close_year().await;
        let Err(CallError::Service(error @ LedgerError::Corrupt(Torn))) = answer else {
            panic!("the caller gets the error itself: {answer:?}");
        };
        assert!(error.fault().is_fatal());
    })
    .await;
}

#[scope::test]
async fn a_fatal_error_of_a_cast_ends_the_incarnation(cx: TestContext) {
    check_fatal(&cx, async |ledger| ledger.burn().await.unwrap()).await;
}

#[scope::test]
async fn a_fatal_error_of_an_info_ends_the_incarnation(cx: TestContext) {
    check_fatal(&cx, async |ledger| ledger.info(Audit).await.unwrap()).await;
}

#[scope::test]
async fn a_fatal_error_of_a_timer_ends_the_incarnation(cx: TestContext) {
    check_fatal(&cx, async |ledger| {
        ledger.tick().await.unwrap();
        tokio::time::sleep(Duration::from_secs(3600)).await;
    })
    .await;
}

#[scope::test]
async fn a_fatal_error_outweighs_what_its_handler_said_about_the_end(cx: TestContext) {
    check_fatal(&cx, async |ledger| {
        assert!(matches!(
            ledger.close_and_stop().await,
            Err(CallError::Service(LedgerError::Corrupt(_)))
        ));
    })
    .await;
}

#[scope::test]
async fn a_recoverable_error_ends_nothing(cx: TestContext) {
    check_recoverable(&cx, async |ledger| {
        let Err(error) = ledger.balance().await else {
            panic!("it fails");
        };
        assert_eq!(error.fault().status(), 404);
        ledger.smudge().await.unwrap();
    })
    .await;
}

#[scope::test]
async fn an_error_that_says_nothing_ends_nothing(cx: TestContext) {
    check_recoverable(&cx, async |ledger| {
        assert!(matches!(
            ledger.unclassified().await,
            Err(CallError::Service(Unclassified))
        ));
        ledger.info(Glance).await.unwrap();
    })
    .await;
}

#[scope::test]
async fn a_fatal_error_that_is_a_value_or_sent_ends_nothing(cx: TestContext) {
    check_recoverable(&cx, async |ledger| {
        assert!(matches!(
            ledger.plain().await,
            Ok(Err(LedgerError::Corrupt(_)))
        ));
        assert!(matches!(
            ledger.later().await,
            Err(CallError::Service(LedgerError::Corrupt(_)))
        ));
    })
    .await;
}

#[scope::test]
async fn the_caller_has_the_error_before_the_end_and_the_others_have_the_reason(cx: TestContext) {
    let (year, end) = (Gate::default(), Gate::default());
    let (ledger, journal) = ledger(&cx, &year, &end).await;
    let down = ledger.down();
    let call = tokio::spawn(ledger.close_year());
    settle().await;
    let queued = [tokio::spawn(ledger.enter()), tokio::spawn(ledger.enter())];
    settle().await;
    year.open();
    let answer = call.await.unwrap();
    assert!(matches!(answer, Err(CallError::Service(_))), "{answer:?}");
    settle().await;
    let reason = "error: the books do not balance";
    assert_eq!(journal.take(), ["init", &format!("terminate {reason}")]);
    assert!(ledger.is_alive(), "`terminate` has not ended");

    end.open();
    for call in queued {
        let Err(CallError::Exited(exit)) = call.await.unwrap() else {
            panic!("those who waited learn why");
        };
        assert_eq!(exit.to_string(), reason);
    }
    let ExitReason::Error(error) = down.await.reason else {
        panic!("an error is no panic");
    };
    let cause = std::error::Error::source(&*error).map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("page 7 is torn"));
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum ShopError {
    #[error(transparent)]
    Ledger(#[from] CallError<LedgerError>),
    #[error("gone for {for_days} days")]
    Closed {
        for_days: u32,
        #[source]
        why: Box<CallError<Self>>,
    },
    #[error("not open yet")]
    #[fault(recoverable, retry)]
    Early,
}

#[service(requires(Ledger))]
struct Shop;

#[handlers]
impl Shop {
    #[init]
    fn init() -> Self {
        Self
    }

    #[call]
    async fn balance(&mut self, cx: &Context<Self>) -> Result<u32, ShopError> {
        Ok(cx.service::<Ledger>().balance().await?)
    }

    #[call]
    async fn close_year(&mut self, cx: &Context<Self>) -> Result<u32, ShopError> {
        Ok(cx.service::<Ledger>().close_year().await?)
    }
}

#[scope::test]
async fn a_status_goes_up_through_the_layers_and_a_crash_does_not(cx: TestContext) {
    let (ledger, _) = open_ledger(&cx).await;
    let shop = cx.service::<Shop>(()).await;
    let (pid, below) = (shop.pid().unwrap(), ledger.pid().unwrap());

    let fault = shop.balance().await.unwrap_err().fault();
    assert_eq!((fault.is_fatal(), fault.status()), (false, 404));

    let fault = shop.close_year().await.unwrap_err().fault();
    assert_eq!((fault.is_fatal(), fault.status()), (false, 507));
    settle().await;
    assert_ne!(ledger.pid().unwrap(), below, "the ledger crashed");
    assert_eq!(shop.pid().unwrap(), pid, "the shop did not");

    assert!(Ledger::stop(cx.namespace()).await);
    let fault = shop.balance().await.unwrap_err().fault();
    assert_eq!(
        (fault.may_retry(), fault.status()),
        (true, 503),
        "nobody is there"
    );
}

#[test]
fn an_error_is_classified_as_its_source_is() {
    let early = CallError::Service(ShopError::Early);
    let closed = ShopError::Closed {
        for_days: 3,
        why: Box::new(early),
    };
    assert!(closed.fault().may_retry());
    let closed = ShopError::from(CallError::Timeout);
    assert_eq!(closed.fault().status(), 504);
}

/// Serves what waits before it stops.
#[service(mailbox(drain))]
struct Drain {
    journal: Journal<u32>,
    gate: Gate,
}

#[handlers]
impl Drain {
    #[init]
    fn init(journal: Journal<u32>, gate: Gate) -> Self {
        Self { journal, gate }
    }

    #[cast]
    async fn take(&mut self, number: u32) -> Result<(), LedgerError> {
        self.gate.wait().await;
        self.journal.note(number);
        if number == 2 { Err(CORRUPT) } else { Ok(()) }
    }
}

#[scope::test]
async fn a_fatal_error_ends_what_is_being_drained(cx: TestContext) {
    let (journal, gate) = (Journal::default(), Gate::default());
    let drain = cx.service::<Drain>((journal.clone(), gate.clone())).await;
    for number in 1..=3 {
        drain.take(number).await.unwrap();
    }
    settle().await;
    let down = drain.down();
    let namespace = cx.namespace().clone();
    let stop = tokio::spawn(async move { Drain::stop(&namespace).await });
    settle().await;
    gate.open();
    assert_eq!(
        down.await.reason.to_string(),
        "error: the books do not balance"
    );
    assert!(stop.await.unwrap());
    assert_eq!(journal.take(), [1, 2]);
}

/// A service whose error is a type parameter.
#[service]
struct Bounded<E: Fails>(std::marker::PhantomData<E>);

/// As [`Bounded`], without a bound that says what the error means.
#[service]
struct Unbounded<E: Make>(std::marker::PhantomData<E>);

trait Make: Send + Sync + std::error::Error + 'static {
    fn make() -> Self;
}

trait Fails: Make + ServiceError {}

impl Make for LedgerError {
    fn make() -> Self {
        CORRUPT
    }
}

impl Fails for LedgerError {}

#[handlers]
impl<E: Fails> Bounded<E> {
    #[init]
    fn init() -> Self {
        Self(std::marker::PhantomData)
    }

    #[call]
    fn fail(&mut self) -> Result<u32, E> {
        Err(E::make())
    }
}

#[handlers]
impl<E: Make> Unbounded<E> {
    #[init]
    fn init() -> Self {
        Self(std::marker::PhantomData)
    }

    #[call]
    fn fail(&mut self) -> Result<u32, E> {
        Err(E::make())
    }
}

#[scope::test]
async fn an_error_that_is_a_type_parameter_is_what_its_bounds_say(cx: TestContext) {
    let bounded = cx.service::<Bounded<LedgerError>>(()).await;
    let unbounded = cx.service::<Unbounded<LedgerError>>(()).await;
    let before = (bounded.pid().unwrap(), unbounded.pid().unwrap());
    assert!(bounded.fail().await.unwrap_err().service().is_some());
    assert!(unbounded.fail().await.unwrap_err().service().is_some());
    settle().await;
    assert_ne!(bounded.pid().unwrap(), before.0);
    assert_eq!(unbounded.pid().unwrap(), before.1);
}
