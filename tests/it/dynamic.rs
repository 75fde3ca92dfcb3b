//! Dynamic children: instances that come by request, with a key or without.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};
use scope::{SupervisorError, SupervisorHandle};

/// What all the instances of a test share.
#[derive(Clone, Debug, Default)]
struct Setup {
    journal: Journal<String>,
    /// Holds a cart's `terminate` up, where it is closed.
    gate: Gate,
    /// How many of the next starts fail.
    failures: Arc<AtomicUsize>,
}

impl Setup {
    /// One whose gate is open.
    fn open() -> Self {
        let setup = Self::default();
        setup.gate.open();
        setup
    }

    fn try_to_start(&self) -> Result<(), String> {
        let left = self.failures.load(Ordering::Relaxed);
        if left == 0 {
            return Ok(());
        }
        self.failures.store(left - 1, Ordering::Relaxed);
        Err("no paper".to_owned())
    }
}

#[service(restart = transient)]
#[derive(Debug)]
struct Job {
    text: String,
    steps: u32,
}

#[handlers]
impl Job {
    #[init]
    fn init(setup: Setup, text: String, steps: u32) -> Result<Self, String> {
        setup.try_to_start()?;
        Ok(Self { text, steps })
    }

    #[call]
    fn step(&mut self) -> (String, u32) {
        self.steps += 1;
        (self.text.clone(), self.steps)
    }

    #[cast]
    fn finish(&mut self, cx: &Context<Self>) {
        cx.stop(ExitReason::Normal);
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }
}

#[service(restart = transient)]
#[derive(Debug)]
struct Cart {
    id: u32,
    items: u32,
    setup: Setup,
}

#[handlers]
impl Cart {
    #[init]
    async fn init(id: u32, setup: Setup) -> Result<Self, String> {
        setup.try_to_start()?;
        tokio::task::yield_now().await;
        setup.journal.note(format!("open {id}"));
        let items = 0;
        Ok(Self { id, items, setup })
    }

    #[call]
    fn add(&mut self, items: u32) -> u32 {
        self.items += items;
        self.items
    }

    #[cast]
    fn put(&mut self, items: u32) {
        self.items += items;
    }

    #[cast]
    fn finish(&mut self, cx: &Context<Self>) {
        cx.stop(ExitReason::Normal);
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }

    #[terminate]
    async fn close(&mut self) {
        self.setup.gate.wait().await;
        self.setup.journal.note(format!("close {}", self.id));
    }
}

supervisor! {
    supervisor Store(setup: Setup) {
        strategy: one_for_one,
        intensity: 100 in "1s",

        jobs: dynamic Job(setup.clone(), text, steps) with text: String, steps: u32 {
            max_children: 2,
            intensity: 100 in "1s",
        },
        carts: dynamic Cart(id, setup.clone()) by id: u32 { intensity: 100 in "1s" },
        idlers: supervisor {
            strategy: one_for_one,
            // Another type of key: the instances of both have names of their own.
            carts: dynamic Cart(id.into(), setup.clone()) by id: u16 { idle: "5m" },
        },
    }
}

async fn active(supervisor: &SupervisorHandle) -> usize {
    supervisor.count_children().await.unwrap().active
}

#[scope::test]
async fn each_instance_has_its_own_arguments_and_keeps_them_over_restarts(cx: TestContext) {
    let jobs = cx.start::<Store>((Setup::open(),)).await.jobs();
    let first = jobs.start(("first".to_owned(), 10)).await.unwrap();
    let second = jobs.start(("second".to_owned(), 20)).await.unwrap();
    assert_eq!(first.step().await.unwrap(), ("first".to_owned(), 11));
    first.step().await.unwrap();
    first.crash().await.unwrap();
    settle().await;
    assert_eq!(first.step().await.unwrap(), ("first".to_owned(), 11));
    assert_eq!(second.step().await.unwrap(), ("second".to_owned(), 21));
}

#[scope::test]
async fn one_more_than_there_may_be_is_refused_until_one_has_ended(cx: TestContext) {
    let jobs = cx.start::<Store>((Setup::open(),)).await.jobs();
    let first = jobs.start(("first".to_owned(), 0)).await.unwrap();
    jobs.start(("second".to_owned(), 0)).await.unwrap();
    let refused = jobs.start(("third".to_owned(), 0)).await;
    assert!(matches!(refused, Err(SupervisorError::MaxChildren)));
    first.finish().await.unwrap();
    settle().await;
    assert_eq!(active(jobs.supervisor()).await, 1);
    jobs.start(("third".to_owned(), 0)).await.unwrap();
}

#[scope::test]
async fn a_failed_start_leaves_nothing_behind(cx: TestContext) {
    let setup = Setup::open();
    let jobs = cx.start::<Store>((setup.clone(),)).await.jobs();
    setup.failures.store(1, Ordering::Relaxed);
    let error = jobs.start(("first".to_owned(), 0)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the child failed to start: error: no paper"
    );
    assert_eq!(jobs.supervisor().which_children().await.unwrap().len(), 0);
    assert!(cx.namespace().services().is_empty());
    jobs.start(("second".to_owned(), 0)).await.unwrap();
}

#[scope::test]
async fn an_instance_is_started_once_for_each_key(cx: TestContext) {
    let setup = Setup::open();
    let carts = cx.start::<Store>((setup.clone(),)).await.carts();
    assert!(carts.lookup(&7).is_none());
    let seven = carts.get_or_start(7).await.unwrap();
    assert_eq!(seven.add(2).await.unwrap(), 2);
    assert_eq!(
        carts.get_or_start(7).await.unwrap().add(1).await.unwrap(),
        3
    );
    assert_eq!(carts.lookup(&7).unwrap().pid(), seven.pid());
    assert_eq!(
        carts.get_or_start(8).await.unwrap().add(1).await.unwrap(),
        1
    );
    assert_eq!(setup.journal.take(), ["open 7", "open 8"]);
    let found = Cart::lookup_key(cx.namespace(), &7_u32).unwrap();
    assert_eq!(found.pid(), seven.pid(), "also through the registry");
}

/// Many tasks at once want the same few instances.
async fn race(cx: &TestContext, tasks: usize) {
    let setup = Setup::open();
    let carts = cx.start::<Store>((setup.clone(),)).await.carts();
    let racers: Vec<_> = (0..tasks)
        .map(|task| {
            let carts = carts.clone();
            tokio::spawn(async move {
                let id = u32::from(task % 2 == 0);
                carts.get_or_start(id).await.unwrap().add(1).await.unwrap()
            })
        })
        .collect();
    let mut most = 0;
    for racer in racers {
        most = most.max(racer.await.unwrap());
    }
    assert_eq!(most as usize, tasks / 2, "all of a kind met one instance");
    assert_eq!(active(carts.supervisor()).await, 2);
    let mut notes = setup.journal.take();
    notes.sort();
    assert_eq!(notes, ["open 0", "open 1"]);
}

#[scope::test]
async fn racing_starts_make_one_instance(cx: TestContext) {
    race(&cx, 100).await;
}

#[scope::test(threads = 2)]
async fn racing_starts_on_two_threads_make_one_instance(cx: TestContext) {
    race(&cx, 1_000).await;
}

#[scope::test]
async fn a_keyed_instance_that_crashes_comes_back_under_its_key(cx: TestContext) {
    let setup = Setup::open();
    let carts = cx.start::<Store>((setup.clone(),)).await.carts();
    let seven = carts.get_or_start(7).await.unwrap();
    seven.add(5).await.unwrap();
    let before = seven.pid();
    seven.crash().await.unwrap();
    settle().await;
    assert_ne!(seven.pid(), before);
    assert_eq!(seven.add(1).await.unwrap(), 1);
    assert_eq!(
        carts.get_or_start(7).await.unwrap().add(1).await.unwrap(),
        2
    );
    assert_eq!(active(carts.supervisor()).await, 1);
}

#[scope::test]
async fn stop_ends_an_instance_in_order_and_forgets_it(cx: TestContext) {
    let setup = Setup::open();
    let carts = cx.start::<Store>((setup.clone(),)).await.carts();
    let seven = carts.get_or_start(7).await.unwrap();
    seven.add(5).await.unwrap();
    assert!(carts.stop(&7).await.unwrap());
    assert_eq!(setup.journal.take(), ["open 7", "close 7"]);
    assert!(carts.lookup(&7).is_none());
    assert!(matches!(seven.add(1).await, Err(CallError::NoProc)));
    assert!(!carts.stop(&7).await.unwrap(), "it does not run any more");
    carts.get_or_start(7).await.unwrap();
    assert_eq!(seven.add(1).await.unwrap(), 1, "the handle works again");
}

#[scope::test]
async fn an_instance_that_is_about_to_end_is_not_handed_out(cx: TestContext) {
    let setup = Setup::default();
    let carts = cx.start::<Store>((setup.clone(),)).await.carts();
    let seven = carts.get_or_start(7).await.unwrap();
    seven.add(5).await.unwrap();
    seven.finish().await.unwrap();
    settle().await; // it runs `terminate`
    let asked = tokio::spawn(async move { carts.get_or_start(7).await });
    settle().await;
    setup.gate.open();
    let successor = asked.await.unwrap().unwrap();
    assert_eq!(successor.add(1).await.unwrap(), 1);
    assert_eq!(setup.journal.take(), ["open 7", "close 7", "open 7"]);
}

#[scope::test]
async fn a_handle_outlives_a_restart_of_the_supervisor(cx: TestContext) {
    let setup = Setup::open();
    let carts = cx.start::<Store>((setup.clone(),)).await.carts();
    let seven = carts.get_or_start(7).await.unwrap();
    let supervisor = carts.supervisor().pid().unwrap();
    supervisor.kill();
    supervisor.exited().await;
    settle().await;
    assert_ne!(carts.supervisor().pid(), Some(supervisor));
    assert_eq!(active(carts.supervisor()).await, 0, "its instances do not");
    assert!(matches!(seven.add(1).await, Err(CallError::NoProc)));
    carts.get_or_start(7).await.unwrap();
    assert_eq!(seven.add(1).await.unwrap(), 1);
}

#[scope::test]
async fn nobody_is_started_after_the_tree_has_stopped(cx: TestContext) {
    let namespace = Namespace::tenant(cx.namespace().to_string());
    let store = Store::start_in(namespace, Setup::open()).await.unwrap();
    let (carts, idlers) = (store.carts(), store.idlers().carts());
    let idle = idlers.get_or_start(7).await.unwrap();
    store.shutdown().await;
    let refused = carts.get_or_start(7).await.unwrap_err();
    assert!(matches!(refused, SupervisorError::NoProc));
    let start = tokio::time::Instant::now();
    assert!(idle.add(1).await.is_err());
    assert_eq!(start.elapsed(), Duration::ZERO, "it was told at once");
}

/// Reaches the tree that it is a child of.
#[service]
struct Front;

#[handlers]
impl Front {
    #[init]
    fn init() -> Self {
        Self
    }

    #[call]
    async fn key_of(&self, key: u32, cx: &Context<Self>) -> Result<u32, SupervisorError> {
        let keyed = Fronted::via(cx.namespace())
            .backs()
            .get_or_start(key)
            .await?;
        Ok(keyed.key().await.unwrap_or_default())
    }
}

#[service]
struct Backing {
    key: u32,
}

#[handlers]
impl Backing {
    #[init]
    fn init(key: u32) -> Self {
        Self { key }
    }

    #[call]
    fn key(&self) -> u32 {
        self.key
    }
}

supervisor! {
    supervisor Fronted {
        strategy: one_for_one,
        backs: dynamic Backing(key) by key: u32,
        front: Front(),
    }
}

#[scope::test]
async fn a_service_reaches_the_dynamic_children_of_its_tree(cx: TestContext) {
    let fronted = cx.start::<Fronted>(()).await;
    assert_eq!(fronted.front().key_of(7).await.unwrap(), 7);
}
