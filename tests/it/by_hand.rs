//! Services without macros: what the runtime promises holds whatever `fn` a future comes from.

use scope::prelude::*;
use scope::testing::{Journal, TestContext, settle};
use scope::{
    CheckOutcome, Continue, Declared, Handle, HandlerMeta, HealthCheck, Init, Initialized, Layer,
    Message, Myself, Options, ReplyTo, Route, Service, ServiceExt, ServiceId,
};

/// Where it panics before there is a future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Panics {
    Nowhere,
    InAfterInit,
    InTerminate,
}

struct Rash {
    journal: Journal<String>,
    panics: Panics,
}

enum Request {
    Answer(ReplyTo<u32>),
    Panic(ReplyTo<u32>),
}

struct RashHandle(Handle<Rash>);

scope::wrapper!([] RashHandle = Handle, Rash, []);

impl RashHandle {
    async fn ask(&self, request: fn(ReplyTo<u32>) -> Request) -> Result<u32, CallError> {
        self.call(request).await
    }
}

impl Declared for Rash {
    const ID: ServiceId = ServiceId::new(module_path!(), "Rash", Layer::Application);
    const OPTIONS: Options = Options::DEFAULT;
}

impl Message for Request {
    fn route(&mut self) -> Route<'_> {
        match self {
            Self::Answer(reply) => Route::call("answer", reply),
            Self::Panic(reply) => Route::call("panic", reply),
        }
    }
}

impl Service for Rash {
    type Handle = RashHandle;
    type Myself = Myself<Self>;
    type Args = (Journal<String>, Panics);
    type Message = Request;
    const HANDLERS: &'static [HandlerMeta] =
        &[HandlerMeta::call("answer"), HandlerMeta::call("panic")];

    const CHECKS: &'static [HealthCheck] = &[HealthCheck::new("mood")];

    async fn init((journal, panics): Self::Args, _cx: &mut Context<Self>) -> Initialized<Self> {
        journal.note("init".to_owned());
        Ok(Init::Run(Self { journal, panics }))
    }

    fn after_init(&mut self, _cx: &mut Context<Self>) -> impl Future<Output = Continue> + Send {
        assert!(self.panics != Panics::InAfterInit, "after init");
        std::future::ready(Ok(()))
    }

    fn handle(
        &mut self,
        message: Request,
        _cx: &mut Context<Self>,
    ) -> impl Future<Output = ()> + Send {
        match message {
            Request::Answer(reply) => reply.answer(1),
            Request::Panic(_) => panic!("rash"),
        }
        std::future::ready(())
    }

    fn check(
        &mut self,
        _name: &'static str,
        _cx: &mut Context<Self>,
    ) -> impl Future<Output = CheckOutcome> + Send {
        assert!(self.panics != Panics::Nowhere, "mood");
        std::future::ready(CheckOutcome::Passed)
    }

    fn terminate(
        &mut self,
        reason: &ExitReason,
        _cx: &mut Context<Self>,
    ) -> impl Future<Output = ()> + Send {
        self.journal.note(format!("terminate {reason}"));
        assert!(self.panics != Panics::InTerminate, "terminate");
        std::future::ready(())
    }
}

async fn rash(cx: &TestContext, panics: Panics) -> (RashHandle, Journal<String>) {
    let journal = Journal::default();
    let handle = cx.service::<Rash>((journal.clone(), panics)).await;
    (handle, journal)
}

#[scope::test]
async fn a_handler_that_panics_before_its_future_is_there_crashes_as_any_other(cx: TestContext) {
    let (rash, journal) = rash(&cx, Panics::Nowhere).await;
    let before = rash.pid().unwrap();
    let error = rash.ask(Request::Panic).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the service ended before it answered (panic: rash)"
    );
    settle().await;
    assert_eq!(journal.take(), ["init", "terminate panic: rash", "init"]);
    assert_ne!(rash.pid().unwrap(), before);
    assert_eq!(rash.ask(Request::Answer).await.unwrap(), 1);
}

#[scope::test]
async fn so_does_what_comes_after_init(cx: TestContext) {
    let (rash, journal) = rash(&cx, Panics::InAfterInit).await;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        settle().await;
        seen.extend(journal.take());
    }
    assert_eq!(seen[..2], ["init", "terminate panic: after init"]);
    drop(rash);
}

#[scope::test]
async fn a_terminate_that_panics_before_its_future_is_there_is_contained(cx: TestContext) {
    let (rash, journal) = rash(&cx, Panics::InTerminate).await;
    let down = rash.down();
    rash.stop(ExitReason::Shutdown);
    assert_eq!(down.await.reason.to_string(), "panic: terminate");
    settle().await;
    assert_eq!(journal.take()[..2], ["init", "terminate shutdown"]);
}

#[scope::test]
async fn a_check_that_panics_before_its_future_is_there_has_failed(cx: TestContext) {
    let (rash, journal) = rash(&cx, Panics::Nowhere).await;
    let report = Rash::health_check(cx.namespace()).await.unwrap();
    let outcome = &report.check("mood").unwrap().outcome;
    assert_eq!(*outcome, CheckOutcome::Panicked("mood".into()));
    assert_eq!(rash.ask(Request::Answer).await.unwrap(), 1);
    assert_eq!(journal.take(), ["init"], "it goes on");
}
