//! What is told of a service that is down while its supervisor is busy.

use std::time::Duration;

use prometheus_parse::Sample;
use scope_observe::{Check, HealthDocument, Limits, Listener, Status};
use scope_runtime::{ExitReason, Namespace, Pid, Running, Stage};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::client::{Answer, Server, builder};
use crate::metrics::{find, scrape};
use crate::services::{Bank, Study};

/// No test waits longer for what comes with time.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    let most = Duration::from_secs(60);
    timeout(most, what).await.expect("it comes in time")
}

/// A bank whose ledger was ended, and now starts until the sender says `true`.
struct Closed {
    namespace: Namespace,
    bank: Running<Bank>,
    open: watch::Sender<bool>,
    /// It saw the ledger up, and waits for no new report.
    server: Server,
}

impl Closed {
    async fn new(namespace: Namespace, end: fn(&Pid)) -> Self {
        let (open, opened) = watch::channel(true);
        let bank = Bank::start_in(namespace.clone(), opened)
            .await
            .expect("it starts");
        let builder = builder(&namespace).patience(Duration::from_millis(50));
        let server = Server::with(builder, Limits::default()).await;
        // The first reports are there.
        soon(async { while server.get("/health/ready").await.status != 200 {} }).await;
        let path = format!("{namespace}/Bank/first_book");
        soon(async { while !server.get("/health").await.body.contains(&path) {} }).await;
        open.send_replace(false);
        let ledger = namespace.service("Ledger").expect("it runs");
        end(&ledger.pid);
        ledger.pid.exited().await;
        Self {
            namespace,
            bank,
            open,
            server,
        }
    }

    async fn end(self) {
        self.open.send_replace(true);
        soon(async { while self.server.get("/health/ready").await.status != 200 {} }).await;
        self.bank.shutdown().await;
    }
}

/// As an operator does it.
fn stop(pid: &Pid) {
    pid.stop(ExitReason::Normal);
}

fn ledger(answer: &Answer) -> Check {
    let document: HealthDocument = answer.json();
    document.checks["Ledger:responseTime"][0].clone()
}

#[tokio::test]
async fn it_fails_at_once_under_its_name() {
    let closed = Closed::new(Namespace::test("closed"), stop).await;
    for path in [
        "/health/ready",
        "/health/check/Ledger",
        "/health/check/Ledger:responseTime",
    ] {
        let answer = closed.server.get(path).await;
        assert_eq!(answer.status, 503, "{path}: {answer:?}");
        let check = ledger(&answer);
        assert_eq!(check.component_id, "test:closed/Bank/first_book");
        let output = check.output.expect("it says why");
        assert!(output.starts_with("the service is"), "{output}");
    }
    let lines = closed.server.get("/health/ready?verbose").await.body;
    assert!(lines.contains("the last report is "), "{lines}");
    closed.end().await;
}

#[tokio::test]
async fn new_reports_have_its_name_as_well() {
    let closed = Closed::new(Namespace::test("reported"), Pid::kill).await;
    // The supervisor leaves the question open, and its child does not answer: five seconds.
    let patient = Server::start(&closed.namespace).await;
    let answer = patient.get("/health/ready").await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(ledger(&answer).status, Status::Fail, "{answer:?}");
    assert!(!answer.body.contains("tree:reports"), "{answer:?}");
    closed.end().await;
}

#[tokio::test]
async fn who_was_ended_for_good_is_not_missing() {
    let namespace = Namespace::test("ended");
    let (_open, opened) = watch::channel(true);
    let bank = Bank::start_in(namespace.clone(), opened)
        .await
        .expect("it starts");
    let server = Server::start(&namespace).await;
    let ready = server.get("/health/ready").await;
    assert_eq!(ledger(&ready).status, Status::Pass);
    let supervisor = bank.pid().supervisor().expect("it is one");
    supervisor
        .terminate_child("first_book")
        .await
        .expect("it is there");
    let ready = server.get("/health/ready").await;
    assert_eq!(ready.status, 200, "{ready:?}");
    assert!(!ready.body.contains("Ledger"), "{ready:?}");
    bank.shutdown().await;
}

/// The series of the status `status` of its ledger.
fn ledger_is(status: &'static str) -> [(&'static str, &'static str); 3] {
    [
        ("service", "Ledger"),
        ("namespace", "layer:vault"),
        ("status", status),
    ]
}

fn children_are(samples: &[Sample], expected: [f64; 3]) {
    let states = ["running", "restarting", "undefined"];
    let found = states.map(|state| {
        let labels = [("supervisor", "layer:vault/Bank"), ("state", state)];
        find(samples, "scope_supervisor_children", &labels)
    });
    assert_eq!(found, expected.map(Some));
}

fn is_up(bank: &Running<Bank>) -> bool {
    let namespace = bank.pid().supervisor().map(|it| it.namespace().clone());
    let ledger = namespace.and_then(|it| it.service("Ledger"));
    ledger.is_some_and(|ledger| ledger.pid.stage() == Stage::Running)
}

#[tokio::test]
async fn metrics_say_that_it_is_unhealthy() {
    let closed = Closed::new(Namespace::layer("vault"), Pid::kill).await;
    let samples = scrape(&closed.server).await;
    for (status, expected) in [("healthy", 0.0), ("degraded", 0.0), ("unhealthy", 1.0)] {
        let found = find(&samples, "scope_health_status", &ledger_is(status));
        assert_eq!(found, Some(expected), "{status}");
    }
    children_are(&samples, [0.0, 1.0, 0.0]);
    let Closed {
        bank, open, server, ..
    } = closed;
    open.send_replace(true);
    while !is_up(&bank) {
        tokio::task::yield_now().await;
    }
    // Nobody has asked for a new report.
    children_are(&scrape(&server).await, [1.0, 0.0, 0.0]);
    bank.shutdown().await;
    // With its tree, it is not missing any more.
    let samples = scrape(&server).await;
    let found = find(&samples, "scope_health_status", &ledger_is("unhealthy"));
    assert_eq!(found, None);
}

#[tokio::test]
async fn an_old_report_is_worth_little() {
    let namespace = Namespace::test("old");
    let study = Study::start_in(namespace.clone()).await.expect("it starts");
    let builder = builder(&namespace).patience(Duration::from_millis(50));
    let observer = builder.health_interval(Duration::from_millis(100)).start();
    let any = "127.0.0.1:0".parse().expect("an address");
    let listener = Listener::bind(&observer, any).await.expect("a free port");
    let serving = listener.spawn();
    let server = Server { observer, serving };
    soon(async { while server.get("/health/ready").await.status != 200 {} }).await;
    let (over, until) = watch::channel(false);
    let thinker = study.thinker();
    let mut work = JoinSet::new();
    work.spawn(async move { thinker.think(until).await });
    let began = Instant::now();
    let fails = async {
        loop {
            let ready = server.get("/health/ready?verbose").await;
            if ready.status != 200 {
                break ready;
            }
            // On real time, which the server's connections need: a request now and then.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let ready = soon(fails).await;
    // A supervisor may be busy for so long without that anything is wrong.
    assert!(began.elapsed() > Duration::from_secs(9), "{ready:?}");
    let line = "[-] tree:reports : failed: the last report is 1";
    assert!(ready.body.contains(line), "{ready:?}");
    let whole = server.get("/health?verbose").await;
    let line = "[~] tree:reports : warning: the last report is 1";
    assert!(whole.body.contains(line), "{whole:?}");
    over.send_replace(true);
    let ended = work.join_next().await;
    assert!(ended.is_some_and(|it| it.is_ok_and(|it| it.is_ok())));
    study.shutdown().await;
}
