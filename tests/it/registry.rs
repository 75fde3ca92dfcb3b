//! The registry: names in namespaces, and what becomes of them over restarts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use scope::prelude::*;
use scope::testing::{Journal, TestContext, settle};
use scope::{ChildSpec, Intensity, Restart, Root, Strategy, SupervisorInit, SupervisorSpec};

use crate::support::pid_of;

#[service]
#[derive(Debug)]
struct Counter {
    value: u32,
    journal: Journal<String>,
}

#[handlers]
impl Counter {
    #[init]
    fn init(journal: Journal<String>) -> Self {
        Self { value: 0, journal }
    }

    #[call]
    fn add(&mut self, by: u32) -> u32 {
        self.value += by;
        self.value
    }

    #[call]
    fn also_as(&mut self, key: String, cx: &Context<Self>) -> Result<(), String> {
        cx.register(key).map_err(|error| error.to_string())
    }

    #[call]
    fn take_the_name_of(&mut self, key: &'static str, cx: &Context<Self>) -> Result<(), String> {
        cx.register(key).map_err(|error| error.to_string())
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }

    #[terminate]
    async fn close(&mut self, reason: &ExitReason) {
        tokio::task::yield_now().await;
        self.journal.note(format!("closed: {reason}"));
    }
}

/// A counter of the kit's, whose journal nobody reads.
async fn counter(cx: &TestContext) -> CounterHandle {
    cx.service::<Counter>((Journal::default(),)).await
}

fn spec(key: &'static str) -> ChildSpec {
    ChildSpec::keyed_service::<Counter, _>(key, key, || (Journal::default(),))
}

/// Counters under these keys, in one supervisor that never gives up.
fn counters(keys: &[&'static str]) -> SupervisorSpec {
    SupervisorSpec::new(Strategy::OneForOne)
        .intensity(Intensity::new(1000, std::time::Duration::from_secs(1)))
        .children(keys.iter().map(|key| spec(key)))
}

fn lead() -> String {
    "lead".to_owned()
}

#[scope::test]
async fn a_service_is_found_by_its_type_while_it_runs(cx: TestContext) {
    assert!(Counter::lookup(cx.namespace()).is_none());
    let counter = counter(&cx).await;
    let found = Counter::lookup(cx.namespace()).unwrap();
    assert_eq!(found.pid(), counter.pid());
    assert_eq!(found.add(1).await.unwrap(), 1);
    assert_eq!(counter.add(1).await.unwrap(), 2);
}

#[scope::test]
async fn a_name_can_be_held_before_anybody_runs_there(cx: TestContext) {
    let early = Counter::via(cx.namespace());
    assert!(matches!(early.add(1).await, Err(CallError::NoProc)));
    let counter = counter(&cx).await;
    assert_eq!(early.add(1).await.unwrap(), 1);
    assert_eq!(early.pid(), counter.pid());
}

#[scope::test]
async fn keys_tell_instances_apart(cx: TestContext) {
    cx.start_spec("Counters", counters(&["a", "b"])).await;
    let ns = cx.namespace();
    assert_eq!(Counter::via_key(ns, &"a").add(5).await.unwrap(), 5);
    assert_eq!(Counter::via_key(ns, &"b").add(1).await.unwrap(), 1);
    let found = Counter::lookup_key(ns, &"a").unwrap();
    assert_eq!(found.add(0).await.unwrap(), 5);
    assert!(Counter::lookup_key(ns, &"c").is_none());
    assert!(
        Counter::lookup_key(ns, &"a".to_owned()).is_none(),
        "a key of another type is another key"
    );
    assert!(Counter::lookup(ns).is_none(), "none runs without a key");
}

#[scope::test]
async fn the_list_of_services_is_sorted_and_names_each_once(cx: TestContext) {
    let counters = cx.start_spec("Counters", counters(&["b", "a"])).await;
    let plain = counter(&cx).await;
    plain.also_as(lead()).await.unwrap();
    let list = || -> Vec<_> {
        let services = cx.namespace().services();
        let name = |it: &scope::Registered| (it.service, it.key.as_deref().map(str::to_owned));
        services.iter().map(name).collect()
    };
    let key = |key: &str| ("Counter", Some(key.to_owned()));
    assert_eq!(list(), [("Counter", None), key("a"), key("b")]);
    counters.terminate_child("a").await.unwrap();
    assert_eq!(list(), [("Counter", None), key("b")]);
}

#[scope::test]
async fn a_handle_survives_a_restart_and_finds_fresh_state(cx: TestContext) {
    let counter = counter(&cx).await;
    let found = Counter::lookup(cx.namespace()).unwrap();
    assert_eq!(counter.add(7).await.unwrap(), 7);
    let before = counter.pid().unwrap();
    counter.crash().await.unwrap();
    before.exited().await;
    settle().await;
    let after = counter.pid().unwrap();
    assert!(after.incarnation() > before.incarnation());
    assert!(!before.is_alive());
    assert_eq!(counter.add(1).await.unwrap(), 1);
    assert_eq!(found.add(1).await.unwrap(), 2);
    assert_eq!(Counter::lookup(cx.namespace()).unwrap().pid(), Some(after));
}

#[scope::test]
async fn nothing_is_found_once_a_service_has_ended_for_good(cx: TestContext) {
    let spec = ChildSpec::service::<Counter>("counter", || (Journal::default(),));
    let spec = SupervisorSpec::new(Strategy::OneForOne).child(spec.restart(Restart::Temporary));
    cx.start_spec("Counters", spec).await;
    let counter = Counter::lookup(cx.namespace()).unwrap();
    assert!(counter.kill());
    settle().await;
    assert!(Counter::lookup(cx.namespace()).is_none());
    assert!(matches!(counter.add(1).await, Err(CallError::NoProc)));
    assert!(cx.namespace().services().is_empty());
}

#[scope::test]
async fn a_further_key_ends_with_the_incarnation(cx: TestContext) {
    let counter = counter(&cx).await;
    counter.also_as(lead()).await.unwrap();
    let found = Counter::lookup_key(cx.namespace(), &lead()).unwrap();
    assert_eq!(found.pid(), counter.pid());
    counter.crash().await.unwrap();
    settle().await;
    assert!(counter.is_alive(), "it was restarted");
    assert!(Counter::lookup_key(cx.namespace(), &lead()).is_none());
    // The successor may take it again.
    counter.also_as(lead()).await.unwrap();
    assert!(Counter::lookup_key(cx.namespace(), &lead()).is_some());
}

#[scope::test]
async fn a_further_key_that_is_taken_is_refused_until_its_owner_ends(cx: TestContext) {
    cx.start_spec("Counters", counters(&["a", "b"])).await;
    let ns = cx.namespace();
    let (a, b) = (Counter::via_key(ns, &"a"), Counter::via_key(ns, &"b"));
    a.also_as(lead()).await.unwrap();
    let refused = b.also_as(lead()).await.unwrap_err();
    assert_eq!(
        refused.service().unwrap(),
        "the key \"lead\" is already registered"
    );
    assert_eq!(
        Counter::lookup_key(ns, &lead()).unwrap().pid(),
        a.pid(),
        "the owner keeps it"
    );
    a.kill();
    settle().await;
    b.also_as(lead()).await.unwrap();
    assert_eq!(Counter::lookup_key(ns, &lead()).unwrap().pid(), b.pid());
}

#[scope::test]
async fn the_end_of_an_incarnation_leaves_its_successors_entries_alone(cx: TestContext) {
    cx.start_spec("Counters", counters(&["a", "b"])).await;
    let ns = cx.namespace();
    let (a, b) = (Counter::via_key(ns, &"a"), Counter::via_key(ns, &"b"));
    a.also_as(lead()).await.unwrap();
    a.kill();
    settle().await;
    b.also_as(lead()).await.unwrap();
    // The second incarnation of the first owner ends: the key is not its own any more.
    a.kill();
    settle().await;
    assert_eq!(Counter::lookup_key(ns, &lead()).unwrap().pid(), b.pid());
    assert_eq!(Counter::lookup_key(ns, &"a").unwrap().pid(), a.pid());
}

#[scope::test]
async fn nobody_takes_the_name_of_a_child_that_is_down(cx: TestContext) {
    let counters = cx.start_spec("Counters", counters(&["a", "b"])).await;
    let ns = cx.namespace();
    let (a, b) = (Counter::via_key(ns, &"a"), Counter::via_key(ns, &"b"));
    counters.terminate_child("a").await.unwrap();
    let refused = b.take_the_name_of("a").await.unwrap_err();
    assert_eq!(
        refused.service().unwrap(),
        "the key \"a\" is already registered"
    );
    counters.restart_child("a").await.unwrap();
    assert_eq!(Counter::lookup_key(ns, &"a").unwrap().pid(), a.pid());
    assert_ne!(a.pid(), b.pid());
}

#[scope::test]
async fn a_name_that_was_a_further_key_once_can_become_a_childs(cx: TestContext) {
    let counters = cx.start_spec("Counters", counters(&["b"])).await;
    let ns = cx.namespace();
    let b = Counter::via_key(ns, &"b");
    b.take_the_name_of("a").await.unwrap();
    b.kill();
    settle().await;
    counters.start_child(spec("a")).await.unwrap();
    let a = Counter::lookup_key(ns, &"a").unwrap();
    assert_eq!(a.add(3).await.unwrap(), 3);
    assert_eq!(Counter::via_key(ns, &"a").pid(), a.pid());
    assert_ne!(a.pid(), b.pid());
}

#[scope::test]
async fn a_second_instance_under_one_name_does_not_start(cx: TestContext) {
    let first = counter(&cx).await;
    first.add(3).await.unwrap();
    let error = cx
        .try_service::<Counter>((Journal::default(),))
        .await
        .unwrap_err();
    let expected = format!("{} already runs under this name", first.pid().unwrap());
    assert!(error.to_string().ends_with(&expected), "{error}");
    assert_eq!(first.add(0).await.unwrap(), 3, "the first is undisturbed");
}

#[scope::test]
async fn stop_waits_for_the_end_and_a_permanent_service_comes_back(cx: TestContext) {
    let journal = Journal::default();
    let counter = cx.service::<Counter>((journal.clone(),)).await;
    let before = counter.pid().unwrap();
    assert!(Counter::stop(cx.namespace()).await);
    assert_eq!(journal.take(), ["closed: normal"]);
    assert!(!before.is_alive());
    settle().await;
    assert_ne!(counter.pid(), Some(before));
    assert!(counter.is_alive());
}

#[scope::test]
async fn stop_of_nobody_says_so(cx: TestContext) {
    assert!(!Counter::stop(cx.namespace()).await);
}

/// One counter at the top of a tree in another namespace than the test's.
async fn elsewhere(namespace: &Namespace) -> Root {
    let spec = ChildSpec::service::<Counter>("counter", || (Journal::default(),));
    let spec = SupervisorSpec::new(Strategy::OneForOne).child(spec);
    spec.start("Counters", namespace.clone()).await.unwrap()
}

#[scope::test]
async fn namespaces_of_every_kind_stand_side_by_side(cx: TestContext) {
    let name = cx.namespace().to_string();
    let namespaces = [
        Namespace::test(name.as_str()),
        Namespace::layer(name.as_str()),
        Namespace::tenant(name.as_str()),
        Namespace::tenant(format!("{name}-2")),
    ];
    let mut roots = Vec::new();
    for namespace in &namespaces {
        roots.push(elsewhere(namespace).await);
    }
    for (namespace, by) in namespaces.iter().zip(1..) {
        assert_eq!(Counter::via(namespace).add(by).await.unwrap(), by);
        assert_eq!(namespace.services().len(), 1);
    }
    assert!(Counter::stop(&namespaces[1]).await);
    settle().await;
    let mut values = Vec::new();
    for namespace in &namespaces {
        values.push(Counter::via(namespace).add(0).await.unwrap());
    }
    assert_eq!(values, [1, 0, 3, 4], "only the layer's began anew");
    for root in roots {
        root.stop(ExitReason::Shutdown).await;
    }
    assert!(cx.namespace().services().is_empty());
}

#[scope::test]
async fn paths_begin_with_the_namespace(cx: TestContext) {
    let counters = cx.start_spec("Counters", counters(&["a"])).await;
    let pid = pid_of(&counters, "a").await.unwrap();
    assert_eq!(pid.path(), format!("{}/Counters/a", cx.namespace()));
    let tenant = Namespace::tenant(format!("of {}", cx.namespace()));
    let root = elsewhere(&tenant).await;
    let path = Counter::via(&tenant).pid().unwrap().path().to_owned();
    assert_eq!(
        path,
        format!("tenant:of {}/Counters/counter", cx.namespace())
    );
    root.stop(ExitReason::Shutdown).await;
}

#[scope::test]
async fn a_child_says_in_which_module_it_was_declared(cx: TestContext) {
    let counters = cx.start_spec("Counters", counters(&["a"])).await;
    let children = counters.which_children().await.unwrap();
    assert_eq!(children[0].modules, "it::registry");
}

/// A key that shows whether the table that holds it is still there.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct Token(Arc<()>);

#[scope::test]
async fn a_namespace_disappears_with_its_last_user(cx: TestContext) {
    let token = Token(Arc::default());
    let namespace = || Namespace::tenant(cx.namespace().to_string());
    let root = {
        let token = token.clone();
        let spec = ChildSpec::keyed_service::<Counter, _>("a", token, || (Journal::default(),));
        let spec = SupervisorSpec::new(Strategy::OneForOne).child(spec);
        spec.start("Counters", namespace()).await.unwrap()
    };
    assert!(Arc::strong_count(&token.0) > 1);
    let handle = Counter::via_key(&namespace(), &token);
    handle.crash().await.unwrap();
    settle().await;
    assert_eq!(handle.add(1).await.unwrap(), 1);
    root.stop(ExitReason::Shutdown).await;
    assert!(Arc::strong_count(&token.0) > 1, "a handle keeps the name");
    drop(handle);
    settle().await;
    assert_eq!(Arc::strong_count(&token.0), 1, "and nothing else does");
}

/// Not a counter.
#[service]
#[derive(Debug)]
struct Stranger;

#[handlers]
impl Stranger {
    #[init]
    fn new() -> Self {
        Self
    }
}

#[scope::test]
async fn the_place_of_a_child_is_for_no_other_service(cx: TestContext) {
    let was_there = AtomicBool::new(false);
    // Its declared children keep their places, and the second time it declares another one.
    let inner = ChildSpec::supervisor_with("inner", move || {
        let child = if was_there.swap(true, Ordering::Relaxed) {
            ChildSpec::service::<Stranger>("child", || ())
        } else {
            ChildSpec::service::<Counter>("child", || (Journal::default(),))
        };
        SupervisorInit::Supervise(SupervisorSpec::new(Strategy::OneForOne).child(child))
    });
    let outer = SupervisorSpec::new(Strategy::OneForOne)
        .intensity(Intensity::new(2, std::time::Duration::from_secs(1)))
        .child(inner);
    let root = outer.start("Outer", cx.namespace().clone()).await.unwrap();
    let handle = root.handle().clone();
    pid_of(&handle, "inner").await.unwrap().kill();
    root.exited().await;
    let reasons = handle.restarts();
    let reasons: Vec<_> = reasons.iter().map(|it| it.reason.to_string()).collect();
    let child = format!("{}/Outer/inner/child", cx.namespace());
    let refused = format!("error: {child}: error: the messages of Counter are of another type");
    assert_eq!(reasons, ["killed".to_owned(), refused]);
}
