//! Declared trees: typed accessors, starts that fail, drawings, the order of stopping.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Journal, TestContext, settle};
use scope::{ChildState, StartError};

use crate::support::pid_of;

/// What a test sees of its tree, and decides about it.
#[derive(Clone, Debug, Default)]
struct Setup {
    journal: Journal<String>,
    /// How often the arguments of a part were made.
    made: Arc<AtomicUsize>,
    /// The part that fails, and how.
    broken: Option<(&'static str, Failure)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Error,
    Panic,
    Argument,
    Hang,
}

impl Setup {
    fn broken(id: &'static str, failure: Failure) -> Self {
        let broken = Some((id, failure));
        Self {
            broken,
            ..Self::default()
        }
    }

    /// An argument, which may be what fails.
    fn id(&self, id: &'static str) -> &'static str {
        let fails = self.broken == Some((id, Failure::Argument));
        assert!(!fails, "no argument for {id}");
        id
    }

    fn count(&self) -> usize {
        self.made.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// A part of a tree. It notes when it comes and goes.
#[service]
#[derive(Debug)]
struct Part {
    id: &'static str,
    number: usize,
    journal: Journal<String>,
}

#[handlers]
impl Part {
    #[init]
    async fn init(id: &'static str, number: usize, setup: Setup) -> Result<Self, String> {
        match setup.broken {
            Some((broken, Failure::Error)) if broken == id => return Err("no disk".to_owned()),
            Some((broken, Failure::Panic)) if broken == id => panic!("no disk"),
            Some((broken, Failure::Hang)) if broken == id => std::future::pending().await,
            _ => {}
        }
        setup.journal.note(format!("{id} up"));
        let journal = setup.journal;
        Ok(Self {
            id,
            number,
            journal,
        })
    }

    #[call]
    fn number(&self) -> usize {
        self.number
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }

    #[terminate]
    fn close(&mut self) {
        self.journal.note(format!("{} down", self.id));
    }
}

async fn pump(setup: Setup) {
    setup.journal.note("pump up");
    std::future::pending::<()>().await;
}

supervisor! {
    /// All there is.
    supervisor Shop(setup: Setup) {
        strategy: rest_for_one,
        intensity: 3 in "5s",

        config: Part(setup.id("config"), setup.count(), setup.clone()) { key: "config" },
        jobs: tasks { max_children: 64 },
        carts: dynamic Part("cart", id.len(), setup.clone()) by id: String { idle: "5m" },
        shards: partition Part("shard", index, setup.clone()) { partitions: 2 },
        web: supervisor {
            strategy: one_for_all,
            http: Part(setup.id("http"), setup.count(), setup.clone()) { key: "http" },
            admin: Part(setup.id("admin"), setup.count(), setup.clone()) {
                key: "admin",
                shutdown: "1s",
            },
        },
        back: supervisor Back(setup.clone()),
        pump: task pump(setup.clone()),
    }

    /// Declared elsewhere.
    supervisor Back(setup: Setup) {
        strategy: one_for_one,
        stock: Part(setup.id("stock"), setup.count(), setup.clone()) {
            key: "stock",
            restart: transient,
            backoff: "100ms..10s",
        },
    }
}

#[scope::test]
async fn each_child_has_a_typed_accessor(cx: TestContext) {
    let setup = Setup::default();
    let shop = cx.start::<Shop>((setup.clone(),)).await;
    assert_eq!(
        setup.journal.take(),
        [
            "config up",
            "shard up",
            "shard up",
            "http up",
            "admin up",
            "stock up",
            "pump up"
        ]
    );
    assert_eq!(shop.config().number().await.unwrap(), 1);
    assert_eq!(shop.web().http().number().await.unwrap(), 2);
    assert_eq!(shop.web().admin().number().await.unwrap(), 3);
    assert_eq!(shop.back().stock().number().await.unwrap(), 4);
    assert_eq!(shop.shards().at(1).unwrap().number().await.unwrap(), 1);
    let cart = shop.carts().get_or_start("ada".to_owned()).await.unwrap();
    assert_eq!(cart.number().await.unwrap(), 3);
    let task = shop.jobs().spawn(async { 42 }).await.unwrap();
    assert_eq!(task.await.unwrap(), 42);
    let path = cart.pid().unwrap().path().to_owned();
    assert_eq!(path, format!("{}/Shop/carts/ada", cx.namespace()));
}

#[scope::test]
async fn the_view_is_also_the_supervisors_handle(cx: TestContext) {
    let shop = cx.start::<Shop>((Setup::default(),)).await;
    let children = shop.which_children().await.unwrap();
    let ids: Vec<_> = children.iter().map(|child| &*child.id).collect();
    assert_eq!(
        ids,
        ["pump", "back", "web", "shards", "carts", "jobs", "config"],
        "the last one first, as in OTP"
    );
    assert!(
        children
            .iter()
            .all(|child| child.state != ChildState::Undefined)
    );
    assert_eq!(shop.web().count_children().await.unwrap().workers, 2);
    assert_eq!(shop.path(), format!("{}/Shop", cx.namespace()));
    assert_eq!(shop.back().path(), format!("{}/Shop/back", cx.namespace()));
}

#[scope::test]
async fn arguments_are_made_anew_for_every_incarnation(cx: TestContext) {
    let shop = cx.start::<Shop>((Setup::default(),)).await;
    let (http, admin) = (shop.web().http(), shop.web().admin());
    assert_eq!(http.number().await.unwrap(), 2);
    http.crash().await.unwrap();
    settle().await;
    assert_eq!(http.number().await.unwrap(), 5);
    assert_eq!(admin.number().await.unwrap(), 6, "one for all");
    assert_eq!(shop.config().number().await.unwrap(), 1);
}

/// Starts a tree of which one part is broken.
async fn check(cx: &TestContext, setup: &Setup, path: &str, cause: &str) {
    let error = cx.try_start::<Shop>((setup.clone(),)).await.unwrap_err();
    let path = format!("{}/Shop/{path}", cx.namespace());
    assert!(matches!(error, StartError::Child { .. }), "{error:?}");
    assert_eq!(error.path(), path);
    assert_eq!(error.to_string(), format!("{path}: {cause}"));
    assert_eq!(cx.namespace().process_count(), 0);
}

#[scope::test]
async fn a_failed_init_names_the_child_and_stops_in_reverse_what_had_started(cx: TestContext) {
    let setup = Setup::broken("admin", Failure::Error);
    check(&cx, &setup, "web/admin", "error: no disk").await;
    let notes = setup.journal.take();
    assert_eq!(notes[..4], ["config up", "shard up", "shard up", "http up"]);
    assert_eq!(
        notes[4..],
        ["http down", "shard down", "shard down", "config down"]
    );
}

#[scope::test]
async fn a_panic_in_init_is_a_failed_start(cx: TestContext) {
    let setup = Setup::broken("stock", Failure::Panic);
    check(&cx, &setup, "back/stock", "panic: no disk").await;
}

#[scope::test]
async fn a_panic_in_an_argument_is_a_failed_start(cx: TestContext) {
    let setup = Setup::broken("http", Failure::Argument);
    check(&cx, &setup, "web/http", "panic: no argument for http").await;
    let setup = Setup::broken("config", Failure::Argument);
    check(&cx, &setup, "config", "panic: no argument for config").await;
    assert_eq!(setup.journal.take(), Vec::<String>::new());
}

#[scope::test]
async fn two_tenants_have_a_tree_each(cx: TestContext) {
    let (acme, zeta) = (Setup::default(), Setup::default());
    let tenant = |name: &str| Namespace::tenant(format!("{name} of {}", cx.namespace()));
    let first = Shop::start_in(tenant("acme"), acme.clone()).await.unwrap();
    let second = Shop::start_in(tenant("zeta"), zeta.clone()).await.unwrap();
    first.web().http().crash().await.unwrap();
    settle().await;
    assert_eq!(first.web().http().number().await.unwrap(), 5);
    assert_eq!(second.web().http().number().await.unwrap(), 2);
    first.shutdown().await;
    assert_eq!(tenant("acme").process_count(), 0);
    assert_eq!(second.config().number().await.unwrap(), 1);
    let path = second.config().pid().unwrap().path().to_owned();
    assert_eq!(path, format!("{}/Shop/config", tenant("zeta")));
    second.shutdown().await;
}

const DOWN: [&str; 6] = [
    "stock down",
    "admin down",
    "http down",
    "shard down",
    "shard down",
    "config down",
];

#[scope::test]
async fn shutdown_stops_in_reverse_order_and_waits(cx: TestContext) {
    let setup = Setup::default();
    let tenant = Namespace::tenant(cx.namespace().to_string());
    let shop = Shop::start_in(tenant.clone(), setup.clone()).await.unwrap();
    setup.journal.take();
    let config = shop.config();
    let reason = shop.shutdown().await;
    assert!(matches!(reason, ExitReason::Shutdown));
    assert_eq!(setup.journal.take(), DOWN);
    assert_eq!(tenant.process_count(), 0);
    assert!(matches!(config.number().await, Err(CallError::NoProc)));
}

#[scope::test]
async fn dropping_a_running_tree_stops_it_in_order(cx: TestContext) {
    let setup = Setup::default();
    let tenant = Namespace::tenant(cx.namespace().to_string());
    let shop = Shop::start_in(tenant.clone(), setup.clone()).await.unwrap();
    setup.journal.take();
    let root = shop.pid().clone();
    drop(shop);
    assert!(matches!(root.exited().await, ExitReason::Shutdown));
    assert_eq!(setup.journal.take(), DOWN);
    assert_eq!(tenant.process_count(), 0);
}

#[scope::test]
async fn dropping_a_start_stops_what_had_started(cx: TestContext) {
    let setup = Setup::broken("admin", Failure::Hang);
    let tenant = Namespace::tenant(cx.namespace().to_string());
    let start = Shop::start_in(tenant.clone(), setup.clone());
    settle().await;
    assert_eq!(setup.journal.take(), Vec::<String>::new(), "it is lazy");
    let start = tokio::time::timeout(Duration::from_secs(1), start);
    assert!(start.await.is_err(), "it hangs");
    let root = tenant.processes()[0].clone();
    root.exited().await;
    assert_eq!(tenant.process_count(), 0);
    assert_eq!(
        setup.journal.take(),
        [
            "config up",
            "shard up",
            "shard up",
            "http up",
            "http down",
            "shard down",
            "shard down",
            "config down"
        ]
    );
}

#[scope::test]
async fn a_nested_supervisor_that_is_killed_comes_back_with_its_children(cx: TestContext) {
    let setup = Setup::default();
    let shop = cx.start::<Shop>((setup.clone(),)).await;
    setup.journal.take();
    let web = pid_of(&shop, "web").await.unwrap();
    let pump = pid_of(&shop, "pump").await;
    web.kill();
    web.exited().await;
    settle().await;
    assert_eq!(shop.web().http().number().await.unwrap(), 5);
    assert_ne!(pid_of(&shop, "pump").await, pump, "the rest for one");
    assert_eq!(shop.config().number().await.unwrap(), 1);
    let notes = setup.journal.take();
    assert_eq!(
        notes[2..],
        ["stock down", "http up", "admin up", "stock up", "pump up"]
    );
}

#[scope::test]
async fn too_many_crashes_end_the_tree(cx: TestContext) {
    let tenant = Namespace::tenant(cx.namespace().to_string());
    let shop = Shop::start_in(tenant, Setup::default()).await.unwrap();
    let config = shop.config();
    for _ in 0..4 {
        config.crash().await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(matches!(shop.exited().await, ExitReason::Shutdown));
    assert_eq!(shop.restarts().len(), 3);
}

#[test]
fn a_tree_prints_before_anything_runs() {
    insta::assert_snapshot!(Shop::TREE, @r"
    Shop (rest_for_one, 3 restarts in 5s)
    ├── config: Part [config]
    ├── jobs: tasks, at most 64
    ├── carts: dynamic Part by String, idle 300s
    ├── shards: Part in 2 partitions
    ├── web: supervisor (one_for_all, 1 restart in 5s)
    │   ├── http: Part [http]
    │   └── admin: Part [admin], shutdown 1s
    ├── back: supervisor Back (one_for_one, 1 restart in 5s)
    │   └── stock: Part [stock], transient, backoff 100ms..10s
    └── pump: task
    ");
}

#[test]
fn a_tree_is_a_mermaid_flowchart() {
    insta::assert_snapshot!(Shop::TREE.mermaid());
}

#[test]
fn a_tree_is_a_graphviz_digraph() {
    insta::assert_snapshot!(Shop::TREE.dot());
}
