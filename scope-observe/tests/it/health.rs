//! `/health` and the probes.

use std::time::Duration;

use scope_observe::{HealthDocument, Limits, Status};
use scope_runtime::{Namespace, Running};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::client::{Server, builder};
use crate::services::{Empty, Market, Slowly, market};

async fn status(server: &Server, path: &str) -> u16 {
    server.get(path).await.status
}

#[tokio::test]
async fn the_probes_follow_the_tree() {
    let namespace = Namespace::test("probes");
    let server = Server::start(&namespace).await;
    for (probe, alias, expected) in [
        ("/health/ready", "/readyz", 503),
        ("/health/started", "/startupz", 503),
        ("/health/live", "/livez", 200),
    ] {
        assert_eq!(status(&server, probe).await, expected, "{probe}");
        assert_eq!(status(&server, alias).await, expected, "{alias}");
    }
    let (over, until) = watch::channel(false);
    let tree = Slowly::start_in(namespace, until).await.expect("it starts");
    for probe in ["/health/ready", "/health/started", "/health/live"] {
        assert_eq!(status(&server, probe).await, 200, "{probe}");
    }
    let root = tree.pid().clone();
    let mut ends = JoinSet::new();
    ends.spawn(tree.shutdown());
    while root
        .supervisor()
        .is_some_and(|root| root.stage() == scope_runtime::Stage::Running)
    {
        tokio::task::yield_now().await;
    }
    // Its last service is still there.
    let ready = server.get("/health/ready").await;
    assert_eq!(ready.status, 503, "{ready:?}");
    assert!(ready.body.contains("stopping"), "{ready:?}");
    assert_eq!(status(&server, "/health/started").await, 200);
    assert_eq!(status(&server, "/health/live").await, 200);
    over.send_replace(true);
    ends.join_all().await;
    assert_eq!(status(&server, "/health/ready").await, 503);
    assert_eq!(status(&server, "/health/started").await, 200);
    let live = server.get("/health/live").await;
    assert_eq!(live.status, 503, "{live:?}");
}

#[tokio::test]
async fn health_fails_where_no_tree_runs() {
    let namespace = Namespace::test("no tree");
    let server = Server::start(&namespace).await;
    // The rest of `/health` is about the other tests, too.
    let stage = async || -> (u16, HealthDocument) {
        let answer = server.get("/health/check/stage").await;
        (answer.status, answer.json())
    };
    let failed = ("test:no tree", Some("no tree runs"));
    let nothing_runs = async || {
        let (code, document) = stage().await;
        let checks = document.checks.get("tree:stage").into_iter().flatten();
        let found: Vec<_> = checks
            .map(|check| (&*check.component_id, check.output.as_deref()))
            .collect();
        assert_eq!((code, found), (503, vec![failed]), "{document:?}");
        assert_eq!(server.get("/health").await.status, 503);
    };
    nothing_runs().await;
    let empty = Empty::start_in(namespace.clone()).await.expect("it starts");
    // Without checks, it is healthy.
    let (code, document) = stage().await;
    assert_eq!(code, 200, "{document:?}");
    assert_eq!(document.checks["Empty:stage"][0].status, Status::Pass);
    empty.shutdown().await;
    nothing_runs().await;
}

async fn ill(market: &Running<Market>, why: Option<&str>) {
    let why = why.map(str::to_owned);
    market.till().fall_ill(why).await.expect("it runs");
}

#[tokio::test]
async fn a_document_has_the_shape_of_health_json() {
    let (namespace, market) = market("documents").await;
    let builder = builder(&namespace).service_id("shop").release("1.2.0");
    let server = Server::with(builder, Limits::default()).await;
    let answer = server.get("/health/ready").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("application/health+json"))
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let document: serde_json::Value = answer.json();
    assert_eq!(document["status"], "pass");
    assert_eq!(document["version"], "1");
    assert_eq!(
        (&document["serviceId"], &document["releaseId"]),
        (&"shop".into(), &"1.2.0".into())
    );
    let check = &document["checks"]["Till:is_well"][0];
    assert_eq!(check["componentId"], "test:documents/Market/till");
    assert_eq!(check["componentType"], "component");
    assert_eq!(
        (&check["status"], &check["critical"]),
        (&"pass".into(), &false.into())
    );
    assert_eq!(check["observedUnit"], "s");
    assert!(
        check["observedValue"].is_f64() && check.get("output").is_none(),
        "{check}"
    );
    let time = check["time"].as_str().expect("a time");
    assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    let memory = &document["checks"]["Till:memory"][0];
    assert_eq!(
        (&memory["observedValue"], &memory["observedUnit"]),
        (&4711.0.into(), &"bytes".into())
    );
    assert_eq!(document["checks"]["Till:responseTime"][0]["status"], "pass");
    assert_eq!(
        document["checks"]["Market:stage"][0]["componentType"],
        "system"
    );
    market.shutdown().await;
}

#[tokio::test]
async fn the_worst_check_decides() {
    let (namespace, market) = market("worst").await;
    let server = Server::start(&namespace).await;
    ill(&market, Some("a cold")).await;
    let answer = server.get("/health/ready").await;
    let document: HealthDocument = answer.json();
    assert_eq!((answer.status, document.status), (200, Status::Warn));
    assert_eq!(
        document.checks["Till:is_well"][0].output.as_deref(),
        Some("a cold")
    );
    ill(&market, Some("dead")).await;
    let answer = server.get("/health/ready").await;
    let document: HealthDocument = answer.json();
    assert_eq!((answer.status, document.status), (503, Status::Fail));
    // `/health` is about the other tests, too.
    for (path, expected) in [
        ("/health/ready?exclude=Till", 200),
        ("/health/ready?exclude=stands", 200),
        ("/health/ready?exclude=is_well&exclude=stands", 200),
        ("/health/ready?exclude=Till:stands,Till:is_well", 200),
        ("/health/check/Till:responseTime?exclude=nothing", 200),
        ("/health/ready?exclude=is_well", 503),
        ("/health/check/Market", 200),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, expected, "{path}: {answer:?}");
    }
    ill(&market, None).await;
    assert_eq!(status(&server, "/health/ready").await, 200);
    market.shutdown().await;
}

#[tokio::test]
async fn verbose_is_a_line_for_each_check() {
    let (namespace, market) = market("verbose").await;
    let server = Server::start(&namespace).await;
    ill(&market, Some("a cold\nand more")).await;
    let answer = server.get("/health/ready?verbose").await;
    let lines: Vec<_> = answer.body.lines().collect();
    let line = "[~] Till:is_well test:verbose/Market/till: warning: a cold; and more";
    assert!(lines.contains(&line), "{answer:?}");
    assert!(
        lines.contains(&"[+] Till:stands test:verbose/Market/till: ok"),
        "{answer:?}"
    );
    assert_eq!(lines.last(), Some(&"passed with warnings"));
    assert!(
        answer
            .header("content-type")
            .expect("a type")
            .starts_with("text/plain")
    );
    market.shutdown().await;
}

#[tokio::test]
async fn one_check_can_be_asked_for() {
    let (namespace, market) = market("one").await;
    let server = Server::start(&namespace).await;
    let document: HealthDocument = server.get("/health/check/Till:stands").await.json();
    assert_eq!(document.checks.len(), 1);
    let answer = server.get("/health/check/nothing").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (404, Some("application/problem+json"))
    );
    market.shutdown().await;
}

#[tokio::test]
async fn strangers_see_no_details() {
    let (namespace, market) = market("strangers").await;
    let server = Server::start(&namespace).await;
    ill(&market, Some("a secret")).await;
    let proxied = [("x-forwarded-for", "203.0.113.7")];
    for path in [
        "/health/ready",
        "/health/ready?verbose",
        "/health/check/Till",
    ] {
        let answer = server.ask("GET", path, &proxied).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(
            !answer.body.contains("Till") && !answer.body.contains("secret"),
            "{answer:?}"
        );
    }
    let open = builder(&namespace).show_details_always();
    let open = Server::with(open, Limits::default()).await;
    let answer = open.ask("GET", "/health/ready", &proxied).await;
    assert!(answer.body.contains("a secret"), "{answer:?}");
    market.shutdown().await;
}

#[tokio::test]
async fn a_busy_service_keeps_no_probe_waiting() {
    let (namespace, market) = market("busy").await;
    let builder = builder(&namespace).patience(Duration::from_millis(50));
    let server = Server::with(builder, Limits::default()).await;
    // The first report is there.
    while status(&server, "/health/ready").await != 200 {}
    let (over, until) = watch::channel(false);
    let till = market.till();
    let mut work = JoinSet::new();
    work.spawn(async move { till.keep_busy(until).await });
    while market
        .till()
        .inspect()
        .await
        .is_none_or(|look| look.busy.is_none())
    {}
    // A new report would take the five seconds of its checks: the last one is given.
    let began = tokio::time::Instant::now();
    let answer = server.get("/health/ready").await;
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(answer.status, 200, "{answer:?}");
    over.send_replace(true);
    assert!(
        work.join_next()
            .await
            .is_some_and(|it| it.is_ok_and(|it| it.is_ok()))
    );
    market.shutdown().await;
}
