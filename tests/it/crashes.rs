//! Crashes: contained wherever they happen, and told to whoever waits.

use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};

/// Where it panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Panics {
    Nowhere,
    InTerminate,
    InDrop,
}

#[derive(Debug)]
struct Bomb(Panics);

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(
            self.0 != Panics::InDrop || std::thread::panicking(),
            "boom in drop"
        );
    }
}

#[service]
#[derive(Debug)]
struct Victim {
    journal: Journal<String>,
    gate: Gate,
    bomb: Bomb,
}

#[derive(Clone, Copy, Debug)]
struct Poke;

#[handlers]
impl Victim {
    #[init]
    fn init(journal: Journal<String>, gate: Gate, panics: Panics) -> Self {
        journal.note("init".to_owned());
        Self {
            journal,
            gate,
            bomb: Bomb(panics),
        }
    }

    #[call]
    fn ping(&self) -> u32 {
        1
    }

    #[call]
    fn explode(&mut self) -> u32 {
        panic!("boom")
    }

    #[call]
    async fn explode_later(&mut self) -> u32 {
        self.gate.wait().await;
        panic!("boom after {:?}", self.bomb)
    }

    #[call]
    async fn explode_while_dropped(&mut self) -> u32 {
        let _bomb = Bomb(Panics::InDrop);
        std::future::pending().await
    }

    #[cast]
    fn explode_unseen(&mut self) {
        panic!("boom in a cast")
    }

    #[info]
    fn poked(&mut self, _poke: Poke) {
        panic!("boom in an info")
    }

    #[every("1h")]
    fn tick(&mut self) {
        panic!("boom in a timer")
    }

    #[cast]
    fn stop(&mut self, cx: &Context<Self>) {
        cx.stop(ExitReason::shutdown_with("done"));
    }

    #[terminate]
    fn terminate(&mut self, reason: &ExitReason) {
        self.journal.note(format!("terminate {reason}"));
        assert!(self.bomb.0 != Panics::InTerminate, "boom in terminate");
    }
}

async fn victim(cx: &TestContext, panics: Panics) -> (VictimHandle, Journal<String>, Gate) {
    let (journal, gate) = (Journal::default(), Gate::default());
    let handle = cx
        .service::<Victim>((journal.clone(), gate.clone(), panics))
        .await;
    (handle, journal, gate)
}

/// Lets `crash` happen, and checks that terminate saw `reason` before the successor started.
async fn check(cx: &TestContext, reason: &str, crash: impl AsyncFnOnce(&VictimHandle)) {
    let (victim, journal, _) = victim(cx, Panics::Nowhere).await;
    let before = victim.pid().unwrap();
    crash(&victim).await;
    settle().await;
    assert_eq!(
        journal.take(),
        ["init", &format!("terminate {reason}"), "init"]
    );
    assert_eq!(victim.ping().await.unwrap(), 1);
    assert_ne!(victim.pid().unwrap(), before);
}

#[scope::test]
async fn a_panic_in_a_call_ends_the_incarnation_and_the_caller_learns_why(cx: TestContext) {
    check(&cx, "panic: boom", async |victim| {
        let Err(CallError::Exited(reason)) = victim.explode().await else {
            panic!("the caller gets the reason");
        };
        assert!(reason.is_panic());
        assert_eq!(reason.to_string(), "panic: boom");
    })
    .await;
}

#[scope::test]
async fn a_panic_in_a_cast_ends_the_incarnation(cx: TestContext) {
    check(&cx, "panic: boom in a cast", async |victim| {
        victim.explode_unseen().await.unwrap();
    })
    .await;
}

#[scope::test]
async fn a_panic_in_an_info_ends_the_incarnation(cx: TestContext) {
    check(&cx, "panic: boom in an info", async |victim| {
        victim.info(Poke).await.unwrap();
    })
    .await;
}

#[scope::test]
async fn a_panic_in_a_timer_ends_the_incarnation(cx: TestContext) {
    check(&cx, "panic: boom in a timer", async |_| {
        tokio::time::sleep(Duration::from_secs(3600)).await;
    })
    .await;
}

#[scope::test]
async fn stopping_oneself_runs_terminate_with_the_reason(cx: TestContext) {
    check(&cx, "shutdown: done", async |victim| {
        victim.stop().await.unwrap();
    })
    .await;
}

#[scope::test]
async fn those_queued_behind_a_crash_get_its_reason(cx: TestContext) {
    let (victim, _, gate) = victim(&cx, Panics::Nowhere).await;
    let first = tokio::spawn(victim.explode_later());
    settle().await;
    let queued = [tokio::spawn(victim.ping()), tokio::spawn(victim.ping())];
    settle().await;
    gate.open();
    for call in std::iter::once(first).chain(queued) {
        let Err(CallError::Exited(reason)) = call.await.unwrap() else {
            panic!("everybody learns of the crash");
        };
        assert!(reason.is_panic());
    }
    settle().await;
    assert_eq!(victim.ping().await.unwrap(), 1);
}

#[scope::test]
async fn a_kill_runs_no_terminate_and_tells_the_caller(cx: TestContext) {
    let (victim, journal, _) = victim(&cx, Panics::Nowhere).await;
    let call = tokio::spawn(victim.explode_later());
    settle().await;
    assert!(victim.kill());
    assert!(matches!(
        call.await.unwrap(),
        Err(CallError::Exited(ExitReason::Killed))
    ));
    settle().await;
    assert_eq!(journal.take(), ["init", "init"]);
}

#[scope::test]
async fn a_panic_in_terminate_is_contained(cx: TestContext) {
    let (victim, journal, _) = victim(&cx, Panics::InTerminate).await;
    let down = victim.pid().unwrap();
    victim.stop().await.unwrap();
    assert_eq!(down.exited().await.to_string(), "panic: boom in terminate");
    settle().await;
    assert_eq!(journal.take(), ["init", "terminate shutdown: done", "init"]);
}

#[scope::test]
async fn a_panic_while_the_state_is_dropped_is_contained(cx: TestContext) {
    let (victim, _, _) = victim(&cx, Panics::InDrop).await;
    let down = victim.pid().unwrap();
    victim.stop().await.unwrap();
    assert_eq!(down.exited().await.to_string(), "panic: boom in drop");
    settle().await;
    assert_eq!(victim.ping().await.unwrap(), 1);
}

#[scope::test]
async fn a_panic_while_a_killed_handler_is_dropped_is_contained(cx: TestContext) {
    let (victim, _, _) = victim(&cx, Panics::Nowhere).await;
    let call = tokio::spawn(victim.explode_while_dropped());
    settle().await;
    victim.kill();
    assert!(matches!(call.await.unwrap(), Err(CallError::Exited(_))));
    settle().await;
    assert_eq!(victim.ping().await.unwrap(), 1);
}

/// Fails to start the first `failures` times.
#[service]
#[derive(Debug)]
struct Reluctant;

#[derive(Clone, Copy, Debug)]
enum Failure {
    Error,
    Panic,
    Ignore,
}

#[handlers]
impl Reluctant {
    #[init]
    fn init(failure: Failure) -> Result<Init<Self>, String> {
        match failure {
            Failure::Error => Err("no license".to_owned()),
            Failure::Panic => panic!("no luck"),
            Failure::Ignore => Ok(Init::Ignore),
        }
    }

    #[call]
    fn ping(&self) {}
}

#[scope::test]
async fn a_failed_init_is_a_failed_start_with_its_cause(cx: TestContext) {
    for (failure, cause) in [(Failure::Error, "no license"), (Failure::Panic, "no luck")] {
        let error = cx
            .try_service::<Reluctant>((failure,))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(cause), "{error}");
        assert!(error.contains("Reluctant"), "it names the child: {error}");
    }
    assert_eq!(cx.namespace().process_count(), 0);
}

#[scope::test]
async fn an_ignored_init_is_a_start_without_an_instance(cx: TestContext) {
    let reluctant = cx.service::<Reluctant>((Failure::Ignore,)).await;
    assert!(!reluctant.is_alive());
    assert!(matches!(reluctant.ping().await, Err(CallError::NoProc)));
}
