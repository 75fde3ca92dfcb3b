//! Errors whose `Display` panics: they are told of as well as it goes, and nothing else comes of it.

use std::fmt;

use scope::testing::{TestContext, settle};
use scope::{ChildSpec, Fault, Strategy, SupervisorSpec};
use tracing::Level;

use super::logs::Log;
use super::*;

#[derive(Debug)]
struct Unshowable;

impl fmt::Display for Unshowable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are ")?;
        panic!("no words")
    }
}

impl std::error::Error for Unshowable {}

/// It ends the service.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Fatal(Unshowable);

impl ServiceError for Fatal {
    fn fault(&self) -> Fault {
        Fault::FATAL
    }
}

#[service]
#[derive(Debug)]
struct Speechless {
    asked: u32,
}

#[handlers]
impl Speechless {
    #[init]
    fn new() -> Self {
        Self { asked: 0 }
    }

    /// How often it was asked.
    #[call]
    fn ask(&mut self) -> u32 {
        self.asked += 1;
        self.asked
    }

    #[call]
    fn fail(&mut self) -> Result<u32, Fatal> {
        Err(Fatal(Unshowable))
    }

    #[cast]
    fn grumble(&mut self) -> Result<(), Unshowable> {
        Err(Unshowable)
    }

    #[cast]
    fn end(&mut self, cx: &Context<Self>) {
        cx.stop(ExitReason::error(Unshowable));
    }
}

/// Two of them, under the same supervisor.
async fn two(cx: &TestContext) -> [SpeechlessHandle; 2] {
    let child = |id: &'static str| ChildSpec::keyed_service::<Speechless, _>(id, id, || ());
    let spec = SupervisorSpec::new(Strategy::OneForOne);
    cx.start_spec("Silent", spec.child(child("one")).child(child("other")))
        .await;
    ["one", "other"].map(|id| Speechless::via_key(cx.namespace(), &id))
}

async fn an_exit_is_survived(cx: &TestContext, level: Level) {
    let [one, other] = two(cx).await;
    let (_log, _guard) = Log::start(level);
    assert_eq!(one.ask().await.unwrap(), 1);
    assert_eq!(other.ask().await.unwrap(), 1);
    one.end().await.unwrap();
    settle().await;
    assert_eq!(one.ask().await.unwrap(), 1, "restarted");
    assert_eq!(other.ask().await.unwrap(), 2, "left alone");
}

#[scope::test]
async fn an_exit_that_is_logged_in_detail_reaches_the_supervisor(cx: TestContext) {
    an_exit_is_survived(&cx, Level::DEBUG).await;
}

#[scope::test]
async fn a_supervisor_survives_the_reason_of_a_restart(cx: TestContext) {
    an_exit_is_survived(&cx, Level::WARN).await;
}

#[scope::test]
async fn a_failed_start_is_told_of(cx: TestContext) {
    let (log, _guard) = Log::start(Level::ERROR);
    let failing = ChildSpec::new("failing", |_| async { ExitReason::error(Unshowable) });
    let spec = SupervisorSpec::new(Strategy::OneForOne).child(failing);
    let failed = spec.start("Silent", cx.namespace().clone()).await;
    assert_eq!(
        failed.unwrap_err().to_string(),
        format!(
            "{}/Silent/failing: error: (not shown: panic: no words)",
            cx.namespace()
        )
    );
    insta::assert_snapshot!(log.take(&cx), @"ERROR scope_runtime::supervisor::launch: failed to start child=production/Silent/failing reason=error: (not shown: panic: no words)");
}

#[scope::test]
async fn a_fatal_error_reaches_its_caller(cx: TestContext) {
    let [one, _] = two(&cx).await;
    let failed = one.fail().await;
    assert!(
        matches!(failed, Err(CallError::Service(Fatal(_)))),
        "{failed:?}"
    );
}

#[scope::test]
async fn an_error_that_is_only_logged_ends_nothing(cx: TestContext) {
    let [one, _] = two(&cx).await;
    let (log, _guard) = Log::start(Level::WARN);
    one.grumble().await.unwrap();
    assert_eq!(one.ask().await.unwrap(), 1);
    insta::assert_snapshot!(log.take(&cx), @" WARN scope: Speechless[one] failed in `grumble`, which nobody waits for: (not shown: panic: no words) scope.service=Speechless[one] scope.namespace=production");
    assert_eq!(one.ask().await.unwrap(), 2);
}
