//! The JSON API.

use scope_observe::api::{
    Done, Info, NamespaceItem, Page, ServiceDetails, ServiceItem, StatsItem, TreeNode,
};
use scope_observe::{Limits, Observer, Problem};
use scope_runtime::Namespace;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::client::{Server, builder};
use crate::services::market;

#[tokio::test]
async fn info_says_what_runs() {
    let builder = Observer::builder().service_id("shop").release("1.2.0");
    let server = Server::with(builder, Limits::default()).await;
    let answer = server.get("/api/v1/info").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let info: Info = answer.json();
    assert_eq!((&*info.service_id, &*info.release_id), ("shop", "1.2.0"));
    assert_eq!(info.process_id, std::process::id());
    assert!(
        info.resident_memory_bytes
            .is_some_and(|bytes| bytes > 100_000),
        "{info:?}"
    );
    assert!(!info.allow_actions && info.tasks > 0, "{info:?}");
}

#[tokio::test]
async fn lists_are_searched_sorted_and_paged() {
    let names = ["a", "b", "c"].map(|name| format!("paged-{name}"));
    let kept: Vec<_> = names
        .iter()
        .map(|name| Namespace::test(name.clone()))
        .collect();
    let server = Server::start(&kept[0]).await;
    let page = server
        .get("/api/v1/namespaces?search=TEST:paged-&sort_by=name&sort_dir=desc&limit=2")
        .await;
    let page: Page<NamespaceItem> = page.json();
    let found: Vec<_> = page.items.iter().map(|item| &*item.name).collect();
    assert_eq!(
        (found, page.total),
        (vec!["test:paged-c", "test:paged-b"], 3)
    );
    let next = page.next.expect("there is more");
    let next = next.replace('=', "%3D").replace(':', "%3A");
    let path = format!("/api/v1/namespaces?search=paged-&sort_dir=desc&limit=2&after={next}");
    let page: Page<NamespaceItem> = server.get(&path).await.json();
    assert_eq!((page.items.len(), page.next), (1, None));
    assert_eq!(
        (&*page.items[0].name, &*page.items[0].kind),
        ("test:paged-a", "test")
    );
}

#[tokio::test]
async fn a_bad_query_is_told_what_is_wrong() {
    let server = Server::start(&Namespace::test("queries")).await;
    for (query, detail) in [
        ("limit=0", "`limit` is a number from 1 to 1000, not `0`"),
        ("limit=x", "`limit` is a number from 1 to 1000, not `x`"),
        ("sort_dir=up", "`sort_dir` is `asc` or `desc`, not `up`"),
        (
            "sort_by=weight",
            "`sort_by` is one of `name`, `services`, `processes`, not `weight`",
        ),
        ("after=x", "`after` is the `next` of a page before"),
        ("limit=1&limit=2", "`limit` is given twice"),
        (
            "sort=name",
            "`sort` is no parameter; there are `search`, `sort_by`, `sort_dir`, `limit`, `after`",
        ),
    ] {
        let answer = server.get(&format!("/api/v1/namespaces?{query}")).await;
        let problem: Problem = answer.json();
        assert_eq!((answer.status, &*problem.detail), (400, detail));
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(
            (problem.status, &*problem.title, &*problem.kind),
            (400, "Bad Request", "about:blank")
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let (namespace, market) = market("missing").await;
    let server = Server::start(&namespace).await;
    for (path, detail) in [
        ("/nowhere", "nothing is at `/nowhere`"),
        ("/api/v1/nowhere", "nothing is at `/api/v1/nowhere`"),
        (
            "/api/v1/services/tenant:nobody/Till",
            "there is no namespace `tenant:nobody`",
        ),
        (
            "/api/v1/services/test:missing/Tell",
            "no service `Tell` runs in `test:missing`",
        ),
    ] {
        let answer = server.get(path).await;
        let problem: Problem = answer.json();
        assert_eq!((answer.status, &*problem.detail), (404, detail));
    }
    for path in ["/metrics", "/health", "/api/v1/info"] {
        let answer = server.post(path).await;
        assert_eq!(
            (answer.status, answer.json::<Problem>().status),
            (405, 405),
            "{path}"
        );
        assert_eq!(answer.header("allow"), Some("get,head"), "{path}");
    }
    assert_eq!(
        server
            .get("/api/v1/services/test:missing/Till/stop")
            .await
            .status,
        405
    );
    market.shutdown().await;
}

#[tokio::test]
async fn services_are_listed_and_looked_at() {
    let (namespace, market) = market("looks").await;
    let server = Server::start(&namespace).await;
    let cart = market.carts().get_or_start(7).await.expect("it starts");
    cart.add().await.expect("it runs");
    market.till().sell(250).await.expect("there is room");
    let page: Page<ServiceItem> = server
        .get("/api/v1/services?search=test:looks/")
        .await
        .json();
    let names: Vec<_> = page.items.iter().map(|item| &*item.service).collect();
    assert_eq!(names, ["Cart[7]", "Till"]);
    assert_eq!(page.items[1].path, "test:looks/Market/till");
    assert_eq!(page.items[1].queue_capacity, 1024);

    server.get("/health").await;
    let path = "/api/v1/services/test:looks/Till";
    let details: ServiceDetails = server.get(path).await.json();
    assert_eq!(
        details.state.as_deref(),
        Some("Till { cents: 250, ill: None }")
    );
    assert_eq!(details.messages, ["sell"], "health checks are no messages");
    assert!(!details.checks["Till:is_well"].critical, "{details:?}");
    assert_eq!(
        (details.suspended, details.busy, details.links),
        (false, None, Some(0))
    );
    let stranger = server
        .ask("GET", path, &[("forwarded", "for=203.0.113.7")])
        .await;
    let details: ServiceDetails = stranger.json();
    assert_eq!(
        (details.state, details.checks.is_empty(), details.links),
        (None, true, Some(0))
    );
    let cart: ServiceDetails = server
        .get("/api/v1/services/test:looks/Cart%5B7%5D")
        .await
        .json();
    assert_eq!(cart.item.service, "Cart[7]");
    market.shutdown().await;
}

#[tokio::test]
async fn the_tree_is_shown_as_it_runs() {
    let (namespace, market) = market("forest").await;
    let server = Server::start(&namespace).await;
    market.carts().get_or_start(7).await.expect("it starts");
    let page: Page<TreeNode> = server.get("/api/v1/tree?search=test:forest/").await.json();
    let [root] = &*page.items else {
        panic!("{page:?}")
    };
    assert_eq!(
        (&*root.id, &*root.state, &*root.kind),
        ("Market", "running", "supervisor")
    );
    let [till, carts] = &*root.children else {
        panic!("{root:?}")
    };
    assert_eq!(
        (&*till.id, &*till.kind, &*till.state),
        ("till", "worker", "running")
    );
    assert_eq!(till.restart.as_deref(), Some("permanent"));
    assert_eq!((&*carts.kind, carts.children.len()), ("supervisor", 1));
    assert_eq!(carts.children[0].path, "test:forest/Market/carts/7");
    market.shutdown().await;
}

#[tokio::test]
async fn statistics_are_numbers_of_each_service() {
    let (namespace, market) = market("numbers").await;
    let server = Server::start(&namespace).await;
    assert!(market.till().sell(1).await.is_ok());
    assert!(market.till().sell(u64::MAX).await.is_err());
    let page: Page<StatsItem> = server
        .get("/api/v1/stats?search=test:numbers/Till")
        .await
        .json();
    let [till] = &*page.items else {
        panic!("{page:?}")
    };
    assert_eq!((till.handled, till.sent, till.instances), (2, 2, 1));
    assert!((till.error_rate - 0.5).abs() < 1e-9, "{till:?}");
    let sell = till
        .handlers
        .iter()
        .find(|it| it.name == "sell")
        .expect("a handler");
    assert_eq!((sell.succeeded, sell.failed, &*sell.kind), (1, 1, "call"));
    assert!(
        sell.ran.max >= sell.ran.p50 && sell.ran.max < 10.0,
        "{sell:?}"
    );
    market.shutdown().await;
}

#[tokio::test]
async fn actions_are_refused_unless_allowed() {
    let (namespace, market) = market("refused").await;
    let server = Server::start(&namespace).await;
    let number = market.till().pid().expect("it runs").incarnation();
    for action in ["restart", "stop", "suspend", "resume"] {
        let path = format!("/api/v1/services/test:refused/Till/{action}");
        let answer = server.post(&path).await;
        assert_eq!(
            (answer.status, answer.json::<Problem>().status),
            (403, 403),
            "{action}"
        );
    }
    assert_eq!(market.till().pid().expect("it runs").incarnation(), number);
    assert_eq!(market.till().sell(1).await.ok(), Some(1));
    market.shutdown().await;
}

#[tokio::test]
async fn allowed_actions_are_done() {
    let (namespace, market) = market("allowed").await;
    let builder = builder(&namespace).allow_actions();
    let server = Server::with(builder, Limits::default()).await;
    let act = async |action: &str| {
        let path = format!("/api/v1/services/test:allowed/Till/{action}");
        let answer = server.post(&path).await;
        assert_eq!(answer.status, 200, "{action}: {answer:?}");
        answer.json::<Done>()
    };
    let first = market.till().pid().expect("it runs").incarnation();
    let restarted = act("restart").await;
    let second = market.till().pid().expect("it runs").incarnation();
    assert!(second > first, "{second} follows {first}");
    assert_eq!(
        (&*restarted.action, restarted.incarnation),
        ("restart", Some(second))
    );

    act("suspend").await;
    let (till, mut calls) = (market.till(), JoinSet::new());
    calls.spawn(async move { till.sell(5).await });
    while market.till().mailbox().length == 0 {
        tokio::task::yield_now().await;
    }
    let details: ServiceDetails = server
        .get("/api/v1/services/test:allowed/Till")
        .await
        .json();
    assert!(details.suspended, "{details:?}");
    act("resume").await;
    assert!(
        calls
            .join_next()
            .await
            .is_some_and(|it| it.is_ok_and(|sold| sold.ok() == Some(5)))
    );

    // A permanent child comes back.
    let old = market.till().pid().expect("it runs");
    assert_eq!(act("stop").await.incarnation, Some(second));
    assert!(!old.is_alive());
    let answer = server
        .post("/api/v1/services/test:allowed/Nobody/stop")
        .await;
    assert_eq!(answer.status, 404);
    market.shutdown().await;
}

#[tokio::test]
async fn pages_of_other_hosts_are_kept_out() {
    let (namespace, market) = market("pages").await;
    let builder = builder(&namespace)
        .allow_actions()
        .allow_host("ops.example.com");
    let server = Server::with(builder, Limits::default()).await;
    let suspend = "/api/v1/services/test:pages/Till/suspend";
    let own = server.address().to_string();
    for (method, path, headers, expected) in [
        ("GET", "/api/v1/info", vec![("host", "evil.example")], 403),
        ("GET", "/api/v1/events", vec![("host", "evil.example")], 403),
        (
            "GET",
            "/api/v1/info",
            vec![("host", "ops.example.com")],
            200,
        ),
        (
            "POST",
            suspend,
            vec![("origin", "http://evil.example")],
            403,
        ),
        ("POST", suspend, vec![("sec-fetch-site", "cross-site")], 403),
        // Prometheus and Kubernetes ask by whatever name.
        ("GET", "/metrics", vec![("host", "shop.internal")], 200),
        ("GET", "/health/live", vec![("host", "shop.internal")], 200),
    ] {
        let answer = server.ask(method, path, &headers).await;
        assert_eq!(answer.status, expected, "{path} {headers:?}: {answer:?}");
    }
    let till: ServiceDetails = server.get("/api/v1/services/test:pages/Till").await.json();
    assert!(!till.suspended);
    let origin = format!("http://{own}");
    let answer = server
        .ask(
            "POST",
            suspend,
            &[("origin", &origin), ("content-length", "0")],
        )
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    market.shutdown().await;
}

#[tokio::test]
async fn a_busy_service_is_shown_with_its_handler() {
    let (namespace, market) = market("at-work").await;
    let server = Server::start(&namespace).await;
    let (over, until) = watch::channel(false);
    let (till, mut work) = (market.till(), JoinSet::new());
    work.spawn(async move { till.keep_busy(until).await });
    while market.till().mailbox().length > 0 || work.is_empty() {
        tokio::task::yield_now().await;
    }
    let details: ServiceDetails = server
        .get("/api/v1/services/test:at-work/Till")
        .await
        .json();
    let busy = details.busy.expect("it is busy");
    assert_eq!((&*busy.handler, &*busy.kind), ("keep_busy", "call"));
    assert_eq!((details.state, details.links), (None, None));
    over.send_replace(true);
    assert!(
        work.join_next()
            .await
            .is_some_and(|it| it.is_ok_and(|it| it.is_ok()))
    );
    market.shutdown().await;
}
