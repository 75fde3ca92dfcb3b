//! The test kit, through the facade as its users have it.

use std::any::Any;
use std::fmt::Debug;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{ExitCode, Termination};
use std::sync::Mutex;
use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Gate, Journal, Settings, TestContext, run, settle};
use scope::{
    ChildSpec, Node, Root, Shutdown, Strategy, SupervisorHandle, SupervisorSpec, Tree, TreeBuilder,
};
use tokio::time::Instant;

/// Counts.
#[service]
#[derive(Debug)]
struct Counter {
    value: i64,
}

#[handlers]
impl Counter {
    #[init]
    fn new(start: i64) -> Result<Self, String> {
        if start < 0 {
            return Err("counts from zero".to_owned());
        }
        Ok(Self { value: start })
    }

    #[call]
    fn add(&mut self, by: i64) -> i64 {
        self.value += by;
        self.value
    }

    #[call]
    fn crash(&mut self) {
        panic!("told to at {}", self.value);
    }
}

/// A declared tree, by hand: one task that notes its end.
#[derive(Clone, Debug)]
struct Shop {
    supervisor: SupervisorHandle,
}

impl SupervisorTree for Shop {
    type Args = (Journal,);
    const TREE: &'static Tree =
        &Tree::new("Shop", Strategy::OneForOne).children(&[Node::task("till")]);

    fn spec(args: Self::Args) -> SupervisorSpec {
        TreeBuilder::new(Self::TREE, args)
            .task("till", |(journal,)| noted("Shop", journal.clone()))
            .build()
    }

    fn view(supervisor: SupervisorHandle) -> Self {
        Self { supervisor }
    }
}

/// Notes the drop of what is alive: the end of a task.
struct Noted {
    name: &'static str,
    journal: Journal,
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.journal.note(self.name);
    }
}

async fn noted(name: &'static str, journal: Journal) {
    let _noted = Noted { name, journal };
    pending::<()>().await;
}

fn one(child: ChildSpec) -> SupervisorSpec {
    SupervisorSpec::new(Strategy::OneForOne).child(child)
}

fn noting(name: &'static str, journal: &Journal) -> SupervisorSpec {
    let journal = journal.clone();
    one(ChildSpec::task("task", move || {
        noted(name, journal.clone())
    }))
}

/// The message of the panic with which a test ends.
fn panic_of<T: Termination + Debug>(test: impl AsyncFnOnce(TestContext) -> T) -> String {
    let run = AssertUnwindSafe(|| run(Settings::new("inner"), test));
    message(&*catch_unwind(run).expect_err("the test should fail"))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .expect("a panic has a text")
}

/// The same text for every number that a namespace may have got.
fn without_numbers(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[scope::test]
async fn a_namespace_has_the_path_of_its_test(cx: TestContext) {
    let name = cx.namespace().to_string();
    assert!(
        name.starts_with("test:test_kit::a_namespace_has_the_path_of_its_test-"),
        "{name}"
    );
}

#[test]
fn namespaces_differ_between_runs() {
    let settings = Settings::new("same");
    let first = run(settings, async |cx: TestContext| Names(cx));
    let second = run(settings, async |cx: TestContext| Names(cx));
    assert_ne!(first.0.namespace(), second.0.namespace());
}

/// What a test returns.
struct Names(TestContext);

impl Termination for Names {
    fn report(self) -> ExitCode {
        ExitCode::SUCCESS
    }
}

#[scope::test]
async fn a_service_runs_and_comes_back_with_the_same_arguments(cx: TestContext) {
    let counter = cx.service::<Counter>((40,)).await;
    assert_eq!(counter.add(2).await.unwrap(), 42);
    for _ in 0..20 {
        assert!(counter.crash().await.is_err());
    }
    settle().await;
    assert_eq!(counter.add(2).await.unwrap(), 42);
}

#[scope::test]
async fn failed_starts_can_be_looked_at(cx: TestContext) {
    let error = cx.try_service::<Counter>((-1,)).await.unwrap_err();
    assert!(error.path().ends_with("/Counter"), "{error}");
    assert!(error.to_string().ends_with("counts from zero"), "{error}");
    assert_eq!(cx.namespace().process_count(), 0);
}

#[scope::test]
#[should_panic(expected = "`Counter` did not start: test:test_kit::a_failed_start_fails_the_test-")]
async fn a_failed_start_fails_the_test(cx: TestContext) {
    cx.service::<Counter>((-1,)).await;
}

#[test]
fn everything_is_stopped_in_reverse_order() {
    let journal = Journal::new();
    run(Settings::new("order"), async |cx: TestContext| {
        cx.start_spec("First", noting("first", &journal)).await;
        let shop = cx.start::<Shop>((journal.clone(),)).await;
        cx.start_spec("Last", noting("last", &journal)).await;
        let counts = shop.supervisor.count_children().await.unwrap();
        assert_eq!(counts.active, 1);
        assert!(journal.take().is_empty());
    });
    assert_eq!(journal.take(), ["last", "Shop", "first"]);
}

#[test]
fn everything_is_stopped_after_a_panic() {
    let journal = Journal::new();
    let panic = panic_of(async |cx: TestContext| {
        cx.start_spec("First", noting("first", &journal)).await;
        cx.start_spec("Last", noting("last", &journal)).await;
        let _local = Noted {
            name: "the test",
            journal: journal.clone(),
        };
        panic!("on purpose");
    });
    assert_eq!(panic, "on purpose");
    assert_eq!(journal.take(), ["the test", "last", "first"]);
}

mod imported {
    use scope::test;

    #[test]
    #[cfg(test)]
    async fn the_attribute_may_be_imported() {}

    #[test]
    #[cfg(any())]
    async fn what_is_configured_out_is_not_compiled() {
        does_not_exist();
    }
}

#[scope::test]
#[should_panic(expected = "on purpose")]
async fn a_panic_of_the_test_is_resumed() {
    panic!("on purpose");
}

#[scope::test]
async fn what_the_test_drops_is_no_leak(cx: TestContext) {
    let spec = noting("dropped", &Journal::new());
    let _root = spec.start("Dropped", cx.namespace().clone()).await.unwrap();
}

/// Trees that nobody stops.
static LEAKED: Mutex<Vec<Root>> = Mutex::new(Vec::new());

async fn leak(cx: &TestContext) {
    let spec = one(ChildSpec::task("pump", pending::<()>));
    let root = spec.start("Leaked", cx.namespace().clone()).await;
    let root = root.expect("the tree starts");
    LEAKED.lock().expect("no test panics here").push(root);
}

#[test]
fn a_leak_is_reported() {
    let panic = panic_of(async |cx: TestContext| leak(&cx).await);
    assert_eq!(
        without_numbers(&panic),
        " processes outlived the test:\n  \
         supervisor test:inner-/Leaked\n  \
         worker test:inner-/Leaked/pump\n\
         start them through the test's context, or stop them before the test ends"
    );
}

#[test]
fn a_leak_fails_a_test_that_returns_an_error() {
    let panic = panic_of(async |cx: TestContext| {
        leak(&cx).await;
        Err::<(), _>("this is printed as well")
    });
    assert!(panic.contains("2 processes outlived"), "{panic}");
}

#[scope::test]
#[should_panic(expected = "on purpose")]
async fn a_panic_goes_before_a_leak(cx: TestContext) {
    leak(&cx).await;
    panic!("on purpose");
}

#[scope::test(threads = 2)]
#[should_panic(expected = "2 processes outlived the test")]
async fn a_leak_is_found_with_threads(cx: TestContext) {
    leak(&cx).await;
}

#[test]
fn a_stop_that_hangs_is_reported_and_the_others_go_on() {
    let journal = Journal::new();
    let panic = panic_of(async |cx: TestContext| {
        cx.start_spec("First", noting("first", &journal)).await;
        let deaf = ChildSpec::new("deaf", async |child| {
            child.started();
            pending().await
        });
        cx.start_spec("Deaf", one(deaf.shutdown(Shutdown::Infinity)))
            .await;
    });
    assert_eq!(
        without_numbers(&panic),
        "`test:inner-/Deaf` did not stop within s; still alive:\n  \
         supervisor test:inner-/Deaf\n  \
         worker test:inner-/Deaf/deaf"
    );
    assert_eq!(journal.take(), ["first"]);
}

#[scope::test]
async fn an_hour_passes_at_once() {
    let begin = Instant::now();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(begin.elapsed(), Duration::from_secs(3600));
}

#[scope::test(real_time)]
async fn real_time_passes_as_it_does() {
    let begin = std::time::SystemTime::now();
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert!(begin.elapsed().unwrap() >= Duration::from_millis(5));
}

#[scope::test(threads = 2)]
async fn threads_work_beside_the_test(cx: TestContext) {
    let counter = cx.service::<Counter>((0,)).await;
    assert_eq!(counter.add(1).await.unwrap(), 1);
}

#[scope::test]
#[should_panic(expected = "everybody waits for something that never comes")]
async fn a_test_that_waits_for_ever_fails() {
    pending::<()>().await;
}

#[scope::test]
async fn a_test_may_return_a_result(cx: TestContext) -> Result<(), Box<dyn std::error::Error>> {
    let counter = cx.try_service::<Counter>((0,)).await?;
    counter.add(1).await?;
    Ok(())
}

#[test]
fn an_error_of_the_test_is_given_on() {
    let result = run(Settings::new("error"), async |_: TestContext| {
        Err::<(), _>("no")
    });
    assert_eq!(result, Err("no"));
}

#[scope::test]
async fn a_journal_waits_for_its_next_note() {
    let (journal, gate) = (Journal::<String>::new(), Gate::new());
    let notes = (journal.clone(), gate.clone());
    let (read, ()) = tokio::join!(journal.next(), async move {
        let (journal, gate) = notes;
        assert!(!gate.is_open());
        gate.open();
        gate.wait().await;
        journal.note("through");
    });
    assert_eq!(read, "through");
    gate.reached().await;
}

#[scope::test]
#[should_panic(expected = "nothing was noted within 10s")]
async fn a_journal_does_not_wait_for_ever() {
    Journal::<String>::new().next().await;
}
