//! The options of declared children and supervisors: overrides, limits, delays.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};
use scope::{ChildState, Restart, Shutdown};
use tokio::time::{Instant, sleep};

use crate::support::pid_of;

#[derive(Clone, Debug, Default)]
struct Setup {
    journal: Journal<String>,
    /// Holds `init` up, where it is closed.
    gate: Gate,
    /// How many of the next starts fail.
    failures: Arc<AtomicUsize>,
}

impl Setup {
    fn open() -> Self {
        let setup = Self::default();
        setup.gate.open();
        setup
    }
}

/// Permanent, and with five seconds to stop: the defaults.
#[service]
#[derive(Debug)]
struct Part {
    id: &'static str,
    journal: Journal<String>,
}

#[handlers]
impl Part {
    #[init]
    async fn init(id: &'static str, setup: Setup) -> Result<Self, String> {
        setup.gate.wait().await;
        let left = setup.failures.load(Ordering::Relaxed);
        if left > 0 {
            setup.failures.store(left - 1, Ordering::Relaxed);
            return Err("no disk".to_owned());
        }
        setup.journal.note(format!("{id} up"));
        let journal = setup.journal;
        Ok(Self { id, journal })
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }

    #[cast]
    fn finish(&mut self, cx: &Context<Self>) {
        cx.stop(ExitReason::Normal);
    }

    #[cast]
    async fn hang(&mut self) {
        std::future::pending::<()>().await;
    }

    #[terminate]
    fn close(&mut self) {
        self.journal.note(format!("{} down", self.id));
    }
}

supervisor! {
    supervisor Overrides(setup: Setup) {
        strategy: one_for_one,
        intensity: 10 in "1s",

        plain: Part("plain", setup.clone()) { key: "plain" },
        once: Part("once", setup.clone()) { key: "once", restart: temporary },
        hasty: Part("hasty", setup.clone()) {
            key: "hasty",
            restart: transient,
            shutdown: "100ms",
        },
        brutal: Part("brutal", setup.clone()) { key: "brutal", shutdown: brutal_kill },
    }

    supervisor AnyEnds(setup: Setup) {
        strategy: one_for_one,
        auto_shutdown: any_significant,
        intensity: 10 in "1s",

        plain: Part("plain", setup.clone()) { key: "plain" },
        first: Part("first", setup.clone()) {
            key: "first",
            restart: temporary,
            significant: true,
        },
        second: Part("second", setup.clone()) {
            key: "second",
            restart: transient,
            significant: true,
        },
    }

    supervisor Patient(setup: Setup) {
        strategy: one_for_one,
        intensity: 2 in "1h",

        part: Part("part", setup.clone()) { key: "part", start_timeout: "3s" },
    }

    supervisor Gentle(setup: Setup) {
        strategy: one_for_one,
        intensity: 100 in "1h",

        plain: Part("plain", Setup::open()) { key: "plain" },
        part: Part("part", setup.clone()) { key: "part", backoff: "100ms..1s" },
    }
}

#[scope::test]
async fn a_child_overrides_what_its_service_declares(cx: TestContext) {
    let tree = cx.start::<Overrides>((Setup::open(),)).await;
    let five = Shutdown::Timeout(Duration::from_secs(5));
    let hundred = Shutdown::Timeout(Duration::from_millis(100));
    for (id, restart, shutdown) in [
        ("plain", Restart::Permanent, five),
        ("once", Restart::Temporary, five),
        ("hasty", Restart::Transient, hundred),
        ("brutal", Restart::Permanent, Shutdown::BrutalKill),
    ] {
        let spec = tree.child_spec(id).await.unwrap();
        assert_eq!(spec.restart_policy(), restart, "{id}");
        assert_eq!(spec.shutdown_policy(), shutdown, "{id}");
        assert!(!spec.is_significant(), "{id}");
    }
}

#[scope::test]
async fn overrides_take_effect(cx: TestContext) {
    let setup = Setup::open();
    let tree = cx.start::<Overrides>((setup.clone(),)).await;
    setup.journal.take();
    for part in [tree.plain(), tree.once(), tree.hasty()] {
        part.finish().await.unwrap();
        settle().await;
    }
    assert_eq!(
        setup.journal.take(),
        ["plain down", "plain up", "once down", "hasty down"]
    );
    assert!(tree.child_spec("once").await.is_err(), "it is forgotten");
    tree.restart_child("hasty").await.unwrap();
    tree.hasty().hang().await.unwrap();
    settle().await;
    let begun = Instant::now();
    tree.terminate_child("hasty").await.unwrap();
    assert_eq!(begun.elapsed(), Duration::from_millis(100));
    setup.journal.take();
    tree.terminate_child("brutal").await.unwrap();
    assert_eq!(setup.journal.take(), Vec::<String>::new());
}

#[scope::test]
async fn the_end_of_any_significant_child_ends_the_tree(cx: TestContext) {
    for which in 0..2 {
        let setup = Setup::open();
        let tenant = Namespace::tenant(cx.namespace().to_string());
        let tree = AnyEnds::start_in(tenant, setup.clone()).await.unwrap();
        setup.journal.take();
        let part = [tree.first(), tree.second()][which].clone();
        part.finish().await.unwrap();
        assert!(matches!(tree.exited().await, ExitReason::Shutdown));
        let order = [
            ["first down", "second down", "plain down"],
            ["second down", "first down", "plain down"],
        ];
        assert_eq!(setup.journal.take(), order[which]);
    }
}

#[scope::test]
async fn a_child_that_is_not_significant_does_not_end_the_tree(cx: TestContext) {
    let setup = Setup::open();
    let tree = cx.start::<AnyEnds>((setup.clone(),)).await;
    tree.plain().finish().await.unwrap();
    settle().await;
    tree.second().crash().await.unwrap();
    settle().await;
    assert!(tree.plain().is_alive() && tree.second().is_alive());
}

#[scope::test]
async fn a_hung_init_is_a_failed_start(cx: TestContext) {
    let begun = Instant::now();
    let error = cx
        .try_start::<Patient>((Setup::default(),))
        .await
        .unwrap_err();
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
    assert_eq!(
        error.to_string(),
        format!(
            "{}/Patient/part: error: did not start in 3s",
            cx.namespace()
        )
    );
    assert_eq!(cx.namespace().process_count(), 0);
}

#[scope::test]
async fn failed_attempts_to_restart_count_until_the_tree_gives_up(cx: TestContext) {
    let setup = Setup::open();
    let tenant = Namespace::tenant(cx.namespace().to_string());
    let tree = Patient::start_in(tenant, setup.clone()).await.unwrap();
    setup.failures.store(1, Ordering::Relaxed);
    tree.part().crash().await.unwrap();
    settle().await;
    assert!(tree.part().is_alive(), "the second attempt succeeds");
    let reasons: Vec<_> = tree.restarts().iter().map(ToString::to_string).collect();
    assert!(
        reasons[0].ends_with("panic: as it was told (restart 1)"),
        "{reasons:?}"
    );
    assert!(
        reasons[1].ends_with("error: no disk (restart 2)"),
        "{reasons:?}"
    );
    tree.part().crash().await.unwrap();
    assert!(matches!(tree.exited().await, ExitReason::Shutdown));
}

/// How long each attempt to restart waited, in milliseconds. The first one is for a crash at the
/// start of the tree.
fn delays(tree: &Gentle) -> Vec<u128> {
    let mut before = Duration::ZERO;
    let restarts = tree.restarts();
    let waited = restarts.iter().map(|restart| {
        let waited = restart.after.saturating_sub(before);
        before = restart.after;
        waited.as_millis()
    });
    waited.collect()
}

#[scope::test]
async fn a_backoff_grows_within_its_range_while_starts_fail(cx: TestContext) {
    let setup = Setup::open();
    let tree = cx.start::<Gentle>((setup.clone(),)).await;
    setup.failures.store(6, Ordering::Relaxed);
    let part = tree.part();
    let plain = pid_of(&tree, "plain").await;
    part.crash().await.unwrap();
    sleep(Duration::from_secs(7)).await;
    let delays = delays(&tree);
    assert_eq!(delays.len(), 7, "{delays:?}");
    // Each is doubled, up to the half of the longest, and has up to as much of jitter.
    for (delay, least) in delays.iter().zip([100, 200, 400, 500, 500, 500, 500]) {
        assert!((least..=2 * least + 1).contains(delay), "{delays:?}");
    }
    assert!(part.is_alive());
    assert_eq!(
        pid_of(&tree, "plain").await,
        plain,
        "nobody else is touched"
    );
}

#[scope::test]
async fn a_child_that_waits_for_its_restart_says_so_and_its_callers_learn_it(cx: TestContext) {
    let tree = cx.start::<Gentle>((Setup::open(),)).await;
    let part = tree.part();
    part.crash().await.unwrap();
    settle().await;
    let children = tree.which_children().await.unwrap();
    assert_eq!(&*children[0].id, "part");
    assert_eq!(children[0].state, ChildState::Restarting);
    assert!(part.crash().await.is_err(), "nobody is there");
    sleep(Duration::from_millis(201)).await;
    assert!(part.is_alive());
}

#[scope::test]
async fn a_child_that_ran_long_begins_with_the_shortest_delay_again(cx: TestContext) {
    let setup = Setup::open();
    let tree = cx.start::<Gentle>((setup.clone(),)).await;
    setup.failures.store(5, Ordering::Relaxed);
    tree.part().crash().await.unwrap();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(tree.restarts().len(), 6);
    tree.part().crash().await.unwrap();
    let begun = Instant::now();
    while !tree.part().is_alive() || tree.restarts().len() == 6 {
        settle().await;
    }
    let waited = begun.elapsed().as_millis();
    assert!((100..=202).contains(&waited), "{waited}");
}
