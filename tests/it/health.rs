//! Health: automatic checks, a service's own, and how several services are together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Gate, TestContext, settle};
use scope::{CheckOutcome, Health, HealthError, HealthReport, system_health};
use tokio::time::{Instant, sleep};

mod blocked;
mod memory;

const SECOND: Duration = Duration::from_secs(1);

/// What the checks of a [`Bank`] find.
#[derive(Clone, Debug, Default)]
struct World {
    /// Holds `work` up, where it is closed.
    gate: Gate,
    /// Holds `answers` up, where it is closed.
    line: Gate,
    is_cold: Arc<AtomicBool>,
    is_broken: Arc<AtomicBool>,
    is_down: Arc<AtomicBool>,
}

impl World {
    fn new() -> Self {
        let world = Self::default();
        world.line.open();
        world
    }
}

fn set(flag: &AtomicBool) {
    flag.store(true, Ordering::Relaxed);
}

#[service(mailbox = 4, call_timeout = infinity, health(queue = 0.5, stuck = "30s", restarts = 2))]
struct Bank {
    world: World,
    done: usize,
}

#[handlers]
impl Bank {
    #[init]
    fn init(world: World) -> Self {
        Self { world, done: 0 }
    }

    #[call]
    async fn work(&mut self) -> usize {
        self.world.gate.wait().await;
        self.done += 1;
        self.done
    }

    #[call]
    fn done(&self) -> usize {
        self.done
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }

    #[health]
    async fn answers(&mut self) -> Result<(), String> {
        self.world.line.wait().await;
        if self.world.is_down.load(Ordering::Relaxed) {
            return Err("the line is dead".to_owned());
        }
        Ok(())
    }

    #[health(optional, timeout = "1s")]
    fn is_warm(&self) -> bool {
        !self.world.is_cold.load(Ordering::Relaxed)
    }

    #[health]
    fn adds_up(&self, cx: &Context<Self>) {
        assert!(cx.pid().is_alive());
        assert!(
            !self.world.is_broken.load(Ordering::Relaxed),
            "one is not two"
        );
    }

    #[memory]
    fn bytes(&self) -> usize {
        1000 + self.done
    }
}

async fn report(cx: &TestContext) -> HealthReport {
    Bank::health_check(cx.namespace()).await.unwrap()
}

fn outcome<'a>(report: &'a HealthReport, check: &str) -> &'a CheckOutcome {
    &report.check(check).unwrap().outcome
}

#[scope::test]
async fn a_healthy_service_says_so(cx: TestContext) {
    let bank = cx.service::<Bank>((World::new(),)).await;
    let report = report(&cx).await;
    assert_eq!(report.to_string(), "Bank is healthy");
    assert_eq!(report.status, Health::Healthy);
    let names: Vec<_> = report.checks.iter().map(|check| check.name).collect();
    assert_eq!(
        names,
        [
            "queue",
            "stuck",
            "restarts",
            "suspended",
            "answers",
            "is_warm",
            "adds_up"
        ]
    );
    assert!(
        report
            .checks
            .iter()
            .all(|check| check.outcome == CheckOutcome::Passed)
    );
    assert_eq!(report.memory, Some(1000));
    assert_eq!(Some(report.pid), bank.pid());
    assert_eq!(report.busy, None);
}

#[scope::test]
async fn an_optional_check_degrades_and_a_critical_one_is_the_end_of_health(cx: TestContext) {
    let world = World::new();
    let bank = cx.service::<Bank>((world.clone(),)).await;
    set(&world.is_cold);
    let degraded = report(&cx).await;
    assert_eq!(degraded.to_string(), "Bank is degraded: is_warm: failed");
    set(&world.is_down);
    let unhealthy = bank.health().await.unwrap();
    assert_eq!(
        unhealthy.to_string(),
        "Bank is unhealthy: answers: the line is dead; is_warm: failed"
    );
    assert_eq!(unhealthy.status, Health::Unhealthy);
}

#[scope::test]
async fn a_panic_in_a_check_is_a_failed_check_and_no_more(cx: TestContext) {
    let world = World::new();
    let bank = cx.service::<Bank>((world.clone(),)).await;
    let pid = bank.pid();
    set(&world.is_broken);
    let report = report(&cx).await;
    let panicked = CheckOutcome::Panicked("one is not two".into());
    assert_eq!(outcome(&report, "adds_up"), &panicked);
    assert_eq!(report.status, Health::Unhealthy);
    assert_eq!(bank.done().await.unwrap(), 0);
    assert_eq!(bank.pid(), pid, "the same incarnation");
}

#[scope::test]
async fn a_check_that_hangs_is_dropped_when_its_time_is_up(cx: TestContext) {
    let world = World {
        gate: Gate::default(),
        ..World::default()
    };
    let bank = cx.service::<Bank>((world.clone(),)).await;
    let began = Instant::now();
    let hanging = tokio::spawn(async move { bank.health().await.unwrap() });
    world.line.reached().await;
    // While the check runs, messages wait.
    let bank = Bank::via(cx.namespace());
    assert_eq!(bank.done().await.unwrap(), 0);
    assert!(began.elapsed() >= 5 * SECOND);
    let report = hanging.await.unwrap();
    assert_eq!(
        outcome(&report, "answers"),
        &CheckOutcome::TimedOut(5 * SECOND)
    );
    assert_eq!(outcome(&report, "is_warm"), &CheckOutcome::Passed);
    assert!(began.elapsed() < 6 * SECOND, "{:?}", began.elapsed());
}

#[scope::test]
async fn a_stop_does_not_wait_for_a_check(cx: TestContext) {
    let world = World::default();
    let bank = cx.service::<Bank>((world.clone(),)).await;
    let (began, asked) = (Instant::now(), bank.clone());
    let check = tokio::spawn(async move { asked.health().await });
    world.line.reached().await;
    let down = bank.down();
    bank.stop(ExitReason::Shutdown);
    assert!(matches!(down.await.reason, ExitReason::Shutdown));
    assert!(began.elapsed() < SECOND);
    let error = check.await.unwrap().unwrap_err();
    assert_eq!(error, HealthError::ServiceUnavailable);
}

#[scope::test]
async fn a_busy_service_is_seen_from_outside(cx: TestContext) {
    let world = World::new();
    let bank = cx.service::<Bank>((world.clone(),)).await;
    let work = tokio::spawn({
        let bank = bank.clone();
        async move { bank.work().await }
    });
    world.gate.reached().await;
    sleep(2 * SECOND).await;
    let began = Instant::now();
    let busy = report(&cx).await;
    assert!(
        began.elapsed() <= 6 * SECOND,
        "bounded: {:?}",
        began.elapsed()
    );
    let CheckOutcome::Busy(by) = outcome(&busy, "answers") else {
        panic!("{busy:?}");
    };
    assert_eq!(by.handler.name, "work");
    assert!(by.age >= 7 * SECOND && by.age < 8 * SECOND, "{:?}", by.age);
    assert_eq!(busy.busy.unwrap().handler.name, "work");
    assert_eq!(outcome(&busy, "stuck"), &CheckOutcome::Passed);
    assert_eq!(busy.status, Health::Degraded, "not known to be well");
    assert_eq!(busy.memory, None);

    sleep(30 * SECOND).await;
    let stuck = report(&cx).await;
    assert_eq!(stuck.status, Health::Unhealthy);
    assert!(
        matches!(outcome(&stuck, "stuck"), CheckOutcome::Failed(text) if text.starts_with("`work` runs for 4"))
    );

    world.gate.open();
    assert_eq!(work.await.unwrap().unwrap(), 1);
    let after = report(&cx).await;
    assert_eq!((after.status, after.memory), (Health::Healthy, Some(1001)));
}

#[scope::test]
async fn a_full_mailbox_is_seen_and_hides_nothing(cx: TestContext) {
    let world = World::new();
    let bank = cx.service::<Bank>((world.clone(),)).await;
    let mut callers = Vec::new();
    for _ in 0..8 {
        let bank = bank.clone();
        callers.push(tokio::spawn(async move { bank.work().await }));
        settle().await;
    }
    let full = report(&cx).await;
    assert_eq!(full.mailbox.length, 4);
    assert_eq!(
        outcome(&full, "queue"),
        &CheckOutcome::Failed("4 of 4 messages wait".into())
    );
    world.gate.open();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let empty = report(&cx).await;
    assert_eq!(empty.to_string(), "Bank is healthy");
}

supervisor! {
    supervisor Banks(left: World, right: World) {
        strategy: one_for_one,
        intensity: 10 in "1s",

        bank: Bank(left.clone()),
        branch: supervisor {
            strategy: one_for_one,
            intensity: 10 in "1s",
            teller: Teller(right.clone()),
        },
    }
}

/// Nothing but the automatic checks.
#[service]
struct Teller {
    world: World,
}

#[handlers]
impl Teller {
    #[init]
    async fn init(world: World) -> Self {
        if world.is_down.load(Ordering::Relaxed) {
            world.gate.wait().await;
        }
        Self { world }
    }

    #[call]
    async fn wait(&mut self) {
        self.world.gate.wait().await;
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }
}

#[scope::test]
async fn restarts_are_counted_for_a_minute(cx: TestContext) {
    let _banks = cx.start::<Banks>((World::new(), World::new())).await;
    let bank = Bank::via(cx.namespace());
    for restarts in 1..=2 {
        let down = bank.down();
        bank.crash().await.unwrap();
        down.await;
        settle().await;
        assert_eq!(report(&cx).await.restarts, restarts);
    }
    let report_now = report(&cx).await;
    assert_eq!(
        report_now.to_string(),
        "Bank is degraded: restarts: 2 restarts within a minute"
    );
    sleep(61 * SECOND).await;
    let later = report(&cx).await;
    assert_eq!((later.status, later.restarts), (Health::Healthy, 0));
}

#[scope::test]
async fn the_worst_of_a_tree_wins(cx: TestContext) {
    let (left, right) = (World::new(), World::new());
    let banks = cx.start::<Banks>((left.clone(), right)).await;
    let healthy = banks.health().await;
    assert_eq!(healthy.to_string(), "healthy");
    let paths: Vec<_> = healthy
        .services
        .iter()
        .map(|it| it.path.split_once('/').unwrap().1)
        .collect();
    assert_eq!(paths, ["Banks/bank", "Banks/branch/teller"]);
    set(&left.is_cold);
    assert_eq!(banks.health().await.status, Health::Degraded);
    assert_eq!(
        banks.branch().health().await.status,
        Health::Healthy,
        "only what is below"
    );
    set(&left.is_down);
    let unhealthy = banks.health().await;
    assert_eq!(unhealthy.status, Health::Unhealthy);
    let bank = format!("{}/Banks/bank", cx.namespace());
    assert_eq!(unhealthy.service(&bank).unwrap().status, Health::Unhealthy);
    let namespace = cx.namespace().health().await;
    assert_eq!(namespace.to_string(), unhealthy.to_string());
    let system = system_health().await;
    assert!(
        system.service(&bank).is_some(),
        "the whole program has it too"
    );
}

#[scope::test]
async fn a_service_without_checks_of_its_own_is_not_waited_for(cx: TestContext) {
    let world = World::new();
    let teller = cx.service::<Teller>((world.clone(),)).await;
    let waiting = tokio::spawn({
        let teller = teller.clone();
        async move { teller.wait().await }
    });
    world.gate.reached().await;
    let began = Instant::now();
    let report = teller.health().await.unwrap();
    assert!(began.elapsed() < SECOND);
    assert_eq!(report.status, Health::Healthy);
    assert_eq!(report.busy.unwrap().handler.name, "wait");
    assert_eq!(report.memory, None, "it does not say");
    world.gate.open();
    waiting.await.unwrap().unwrap();
}

#[scope::test]
async fn who_is_not_there_is_unavailable_and_who_starts_is_late(cx: TestContext) {
    let nobody = Teller::health_check(cx.namespace()).await;
    assert_eq!(nobody.unwrap_err(), HealthError::ServiceUnavailable);

    let (left, right) = (World::new(), World::new());
    let banks = cx.start::<Banks>((left, right.clone())).await;
    set(&right.is_down);
    banks.branch().teller().crash().await.unwrap();
    settle().await;
    let began = Instant::now();
    let starting = Teller::health_check(cx.namespace()).await;
    assert_eq!(
        starting.unwrap_err(),
        HealthError::ServiceTimeout(5 * SECOND)
    );
    assert!(began.elapsed() <= 6 * SECOND);
    let tree = banks.health().await;
    assert_eq!(tree.status, Health::Unhealthy);
    let late: Vec<_> = tree
        .services
        .iter()
        .filter(|it| it.report.is_err())
        .collect();
    assert_eq!(
        late.len(),
        2,
        "the child that starts, and its supervisor, which waits for it"
    );
    right.gate.open();
    settle().await;
    assert_eq!(banks.health().await.status, Health::Healthy);
}

/// Has a function of that name itself.
#[service]
#[derive(Default)]
struct Doctor;

#[handlers]
impl Doctor {
    #[call]
    fn health(&self) -> &'static str {
        "fine"
    }
}

impl Doctor {
    fn health_check(_: &Namespace) -> &'static str {
        "the user's own"
    }
}

#[scope::test]
async fn a_name_of_the_users_wins(cx: TestContext) {
    let doctor = cx.service::<Doctor>(()).await;
    assert_eq!(Doctor::health_check(cx.namespace()), "the user's own");
    assert_eq!(doctor.health().await.unwrap(), "fine");
    assert!(
        <Doctor as ServiceExt>::health_check(cx.namespace())
            .await
            .is_ok()
    );
}

#[scope::test]
async fn questions_that_nobody_waits_for_do_not_pile_up(cx: TestContext) {
    let world = World::new();
    let bank = cx.service::<Bank>((world.clone(),)).await;
    let work = tokio::spawn({
        let bank = bank.clone();
        async move { bank.work().await }
    });
    world.gate.reached().await;
    for _ in 0..1000 {
        let given_up = tokio::time::timeout(Duration::from_millis(1), bank.health()).await;
        assert!(given_up.is_err());
    }
    // It answers the one that is still wanted.
    let asked = tokio::spawn(async move { bank.health().await });
    settle().await;
    world.gate.open();
    work.await.unwrap().unwrap();
    assert_eq!(asked.await.unwrap().unwrap().status, Health::Healthy);
}
