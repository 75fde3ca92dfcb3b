//! Destructors of the user's that panic where nobody can be blamed: they go no further.

use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Gate, TestContext, settle};
use scope::{CheckOutcome, ServiceExt};

#[derive(Debug)]
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "boom");
    }
}

#[service]
struct Bunker {
    gate: Gate,
    kept: Vec<Bomb>,
    mined: bool,
}

#[handlers]
impl Bunker {
    #[init]
    fn init(gate: Gate) -> Self {
        Self {
            gate,
            kept: Vec::new(),
            mined: false,
        }
    }

    #[call]
    async fn wait(&mut self) {
        self.gate.wait().await;
    }

    #[call]
    fn keep(&mut self, bomb: Bomb) {
        self.kept.push(bomb);
    }

    #[cast]
    fn mine(&mut self) {
        self.mined = true;
    }

    #[terminate]
    async fn leave(&mut self) {
        if self.mined {
            let _bomb = Bomb;
            std::future::pending::<()>().await;
        }
    }

    #[health(timeout = "1s")]
    async fn defused(&mut self) {
        let _bomb = Bomb;
        std::future::pending::<()>().await;
    }
}

#[scope::test]
async fn the_one_of_a_message_that_expired_in_the_mailbox_ends_no_service(cx: TestContext) {
    let gate = Gate::default();
    let bunker = cx.service::<Bunker>((gate.clone(),)).await;
    let before = bunker.pid();
    let busy = tokio::spawn(bunker.wait());
    settle().await;
    let late = bunker.keep(Bomb).timeout(Duration::from_millis(10)).await;
    assert!(matches!(late, Err(CallError::Timeout)), "{late:?}");
    gate.open();
    busy.await.unwrap().unwrap();
    bunker.wait().await.unwrap();
    assert_eq!(bunker.mailbox().counters.expired, 1);
    assert_eq!(bunker.pid(), before, "the same incarnation");
}

#[scope::test]
async fn the_one_of_a_check_that_took_too_long_ends_no_service(cx: TestContext) {
    let gate = Gate::default();
    gate.open();
    let bunker = cx.service::<Bunker>((gate,)).await;
    let before = bunker.pid();
    let report = Bunker::health_check(cx.namespace()).await.unwrap();
    let outcome = &report.check("defused").unwrap().outcome;
    assert_eq!(*outcome, CheckOutcome::TimedOut(Duration::from_secs(1)));
    bunker.wait().await.unwrap();
    assert_eq!(bunker.pid(), before, "the same incarnation");
}

#[scope::test]
async fn the_one_of_a_terminate_that_took_too_long_is_no_reason(cx: TestContext) {
    let bunker = cx.service::<Bunker>((Gate::default(),)).await;
    bunker.mine().await.unwrap();
    settle().await;
    let down = bunker.down();
    bunker.stop(ExitReason::Normal);
    assert!(matches!(down.await.reason, ExitReason::Normal));
}
