//! `/metrics`, read by real parsers.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use prometheus_parse::{LineInfo, Sample, Scrape, Value};
use scope_runtime::telemetry::attach;
use scope_runtime::{ChildSpec, Namespace, Strategy, SupervisorSpec};
use tokio::sync::mpsc;

use crate::client::Server;
use crate::scope::{handlers, service, supervisor};
use crate::services::market;

/// What the conventions name, and there is a source for.
pub(crate) const NAMES: [&str; 24] = [
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
    "scope_build_info",
    "scope_health_status",
    "scope_mailbox_capacity",
    "scope_mailbox_messages",
    "scope_mailbox_rejections_total",
    "scope_mailbox_wait_seconds",
    "scope_message_duration_seconds",
    "scope_registry_entries",
    "scope_registry_lookups_total",
    "scope_service_memory_bytes",
    "scope_service_start_time_seconds",
    "scope_service_up",
    "scope_supervisor_children",
    "scope_supervisor_giveups_total",
    "scope_supervisor_restarts_total",
    "tokio_alive_tasks",
    "tokio_global_queue_depth",
    "tokio_worker_busy_seconds_total",
    "tokio_workers",
];

/// In the text format that everybody reads.
const PLAIN: [(&str, &str); 1] = [("accept", "text/plain")];

pub(crate) async fn scrape(server: &Server) -> Vec<Sample> {
    let answer = server.ask("GET", "/metrics", &PLAIN).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.body.contains("customer-"), "a tenant is named");
    for line in answer.body.lines() {
        let is_read = !matches!(LineInfo::parse(line), LineInfo::Ignored);
        assert!(is_read, "{line}");
    }
    let lines = answer.body.lines().map(|line| Ok(line.to_owned()));
    Scrape::parse(lines).expect("it is readable").samples
}

fn value(sample: &Sample) -> f64 {
    match &sample.value {
        Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value) => *value,
        Value::Histogram(buckets) => buckets.last().expect("buckets").count,
        Value::Summary(_) => panic!("{sample:?}"),
    }
}

/// The one sample with this name and these labels.
pub(crate) fn find(samples: &[Sample], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let is_it = |sample: &&Sample| {
        let has =
            |(key, value): &(&str, &str)| sample.labels.get(key).unwrap_or_default() == *value;
        sample.metric == name && labels.iter().all(has)
    };
    let mut found = samples.iter().filter(is_it);
    let one = found.next().map(value);
    assert_eq!(
        found.next().map(value),
        None,
        "{name} {labels:?} is there twice"
    );
    one
}

async fn fails() {
    panic!("always");
}

#[tokio::test]
async fn every_name_is_exported_and_no_other() {
    let (namespace, market) = market("names").await;
    let server = Server::start(&namespace).await;
    let (sender, mut told) = mpsc::channel(1000);
    let attached = attach("scope.supervisor", move |event| {
        let supervisor = event.metadata.supervisor.unwrap_or_default();
        if supervisor.starts_with("test:names/") {
            let what = (event.name.to_owned(), supervisor.to_owned());
            assert_eq!(sender.try_send(what), Ok(()));
        }
    });
    let fails = ChildSpec::task("fails", fails);
    let doomed = SupervisorSpec::new(Strategy::OneForOne).child(fails);
    let doomed = doomed.start("Doomed", namespace).await.expect("it starts");
    // Each of them would be a label.
    for number in 0..20 {
        let cart = market
            .carts()
            .get_or_start(number)
            .await
            .expect("it starts");
        cart.burst().await.expect("it runs");
    }
    let (mut given_up, mut restarted) = (false, 0);
    while !given_up || restarted < 20 {
        let (name, supervisor) = told.recv().await.expect("it is told");
        given_up |= name == "scope.supervisor.giveup";
        restarted += usize::from(supervisor.ends_with("/carts"));
    }
    doomed.exited().await;
    drop(attached);
    market.till().sell(1).await.expect("there is room");
    assert_eq!(server.get("/health/ready").await.status, 200);
    // For what the supervisors and services of the whole program say.
    server.get("/health").await;

    let samples = scrape(&server).await;
    let parts = ["_sum", "_count"];
    let names = samples.iter().map(|sample| &*sample.metric);
    let names: BTreeSet<_> = names
        .filter(|name| !parts.iter().any(|it| name.ends_with(it)))
        .collect();
    let expected: BTreeSet<_> = NAMES.into_iter().collect();
    assert_eq!(names, expected);
    let found = find(
        &samples,
        "scope_supervisor_restarts_total",
        &[
            ("supervisor", "test/Doomed"),
            ("child", "fails"),
            ("reason", "panic"),
        ],
    );
    assert_eq!(found, Some(1.0));
    let labels = [("supervisor", "test/Market/carts"), ("reason", "panic")];
    let carts = samples
        .iter()
        .filter(|sample| sample.labels.get("supervisor") == Some(labels[0].1));
    let carts: BTreeSet<_> = carts
        .filter_map(|sample| sample.labels.get("child"))
        .collect();
    assert_eq!(carts, BTreeSet::from(["*"]));
    market.shutdown().await;
}

#[tokio::test]
async fn open_metrics_is_what_prometheus_gets() {
    let (namespace, market) = market("open").await;
    let server = Server::start(&namespace).await;
    market.till().sell(1).await.expect("there is room");
    let accept =
        "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    for headers in [vec![], vec![("accept", accept)]] {
        let answer = server.ask("GET", "/metrics", &headers).await;
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(answer.header("content-type"), Some(kind));
        assert!(answer.body.ends_with("# EOF\n"));
        for line in [
            "# TYPE scope_message_duration_seconds histogram",
            "# UNIT scope_message_duration_seconds seconds",
            "# TYPE scope_mailbox_rejections counter",
            "# TYPE scope_build info",
        ] {
            assert!(
                answer.body.lines().any(|it| it == line),
                "{line}: {}",
                answer.body
            );
        }
        no_family_comes_twice(&answer.body);
    }
    market.shutdown().await;
}

fn no_family_comes_twice(text: &str) {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let names: Vec<_> = types.filter_map(|line| line.split(' ').next()).collect();
    let distinct: BTreeSet<_> = names.iter().collect();
    assert_eq!(names.len(), distinct.len(), "{names:?}");
    let series = text.lines().filter(|line| !line.starts_with('#'));
    let series: Vec<_> = series
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(it, _)| it)
        .collect();
    let distinct: BTreeSet<_> = series.iter().collect();
    assert_eq!(series.len(), distinct.len(), "{text}");
}

/// Debian's package `prometheus` has it.
#[tokio::test]
async fn promtool_finds_nothing_to_say() {
    // A label that has everything that must be escaped.
    let layer = Namespace::layer("a \"b\" \\c\nd");
    let market = crate::services::Market::start_in(layer.clone())
        .await
        .expect("it starts");
    let server = Server::start(&layer).await;
    market.till().sell(1).await.expect("there is room");
    assert_eq!(server.get("/health/ready").await.status, 200);
    let text = server.ask("GET", "/metrics", &PLAIN).await.body;
    assert!(
        text.contains(r#"namespace="layer:a \"b\" \\c\nd""#),
        "{text}"
    );
    let checked = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = checked else {
        println!("skipped: there is no promtool; Debian's package `prometheus` has it");
        return;
    };
    let mut input = promtool.stdin.take().expect("its input");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    let output = promtool.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    market.shutdown().await;
}

#[tokio::test]
async fn success_and_failure_are_one_metric() {
    let (namespace, market) = market("outcomes").await;
    let server = Server::start(&namespace).await;
    let labels = [
        ("service", "Teller"),
        ("namespace", "test"),
        ("handler", "pay"),
        ("kind", "call"),
    ];
    let teller = Desk::start_in(namespace).await.expect("it starts");
    for cents in [1, 2, 3, 0] {
        assert_eq!(teller.teller().pay(cents).await.is_ok(), cents > 0);
    }
    let samples = scrape(&server).await;
    let count = |error_type| {
        let labels = [&labels[..], &[("error_type", error_type)]].concat();
        find(&samples, "scope_message_duration_seconds", &labels)
    };
    assert_eq!(
        (count(""), count("_OTHER"), count("panic")),
        (Some(3.0), Some(1.0), None)
    );
    let waits = find(&samples, "scope_mailbox_wait_seconds", &labels[..2]);
    assert_eq!(waits, Some(4.0));
    for (name, expected) in [
        ("scope_mailbox_messages", 0.0),
        ("scope_mailbox_capacity", 1024.0),
        ("scope_service_up", 1.0),
    ] {
        assert_eq!(find(&samples, name, &labels[..2]), Some(expected), "{name}");
    }
    let started = find(&samples, "scope_service_start_time_seconds", &labels[..2]);
    assert!(started.is_some_and(|at| at > 1.7e9), "{started:?}");
    teller.shutdown().await;
    market.shutdown().await;
}

/// Nobody else in these tests counts on it.
#[service(crate = crate::scope)]
#[derive(Debug)]
struct Teller;

#[handlers(crate = crate::scope)]
impl Teller {
    #[init]
    fn init() -> Self {
        Self
    }

    #[call]
    fn pay(&mut self, cents: u64) -> Result<u64, String> {
        if cents > 0 {
            Ok(cents)
        } else {
            Err("nothing".to_owned())
        }
    }
}

supervisor! {
    #![scope(crate = crate::scope)]
    supervisor Desk {
        strategy: one_for_one,
        teller: Teller(),
    }
}

/// As the other one, for tenants only.
#[service(crate = crate::scope)]
#[derive(Debug)]
struct Clerk;

#[handlers(crate = crate::scope)]
impl Clerk {
    #[init]
    fn init() -> Self {
        Self
    }

    #[call]
    fn stamp(&mut self) {}
}

supervisor! {
    #![scope(crate = crate::scope)]
    supervisor Office {
        strategy: one_for_one,
        clerk: Clerk(),
    }
}

const CLERK: [(&str, &str); 2] = [("service", "Clerk"), ("namespace", "tenant")];

async fn tenant(number: usize) -> scope_runtime::Running<Office> {
    let namespace = Namespace::tenant(format!("customer-{number}"));
    let office = Office::start_in(namespace).await.expect("it starts");
    office.clerk().stamp().await.expect("it runs");
    office
}

/// The series of tenants.
fn series(samples: &[Sample]) -> BTreeSet<String> {
    let of_tenants = |sample: &&Sample| {
        let namespace = sample.labels.get("namespace");
        let supervisor = sample.labels.get("supervisor").unwrap_or_default();
        namespace == Some("tenant") || supervisor.starts_with("tenant")
    };
    let samples = samples.iter().filter(of_tenants);
    samples
        .map(|sample| format!("{} {}", sample.metric, sample.labels))
        .collect()
}

#[tokio::test]
async fn ten_thousand_tenants_make_no_new_series() {
    let server = Server::start(&Namespace::test("tenants")).await;
    let mut offices = vec![tenant(0).await];
    // A report, whatever other tests make of it.
    server.get("/health").await;
    let few = series(&scrape(&server).await);
    assert!(few.len() > 5, "{few:?}");
    for number in 1..10_000 {
        offices.push(tenant(number).await);
    }
    server.get("/health").await;
    let samples = scrape(&server).await;
    assert_eq!(series(&samples), few);
    assert_eq!(
        find(&samples, "scope_message_duration_seconds", &CLERK),
        Some(1e4)
    );
    assert_eq!(
        find(&samples, "scope_mailbox_capacity", &CLERK),
        Some(1024.0 * 1e4)
    );

    // What tenants counted stays when they go, also what nobody has read before.
    for office in &offices {
        office.clerk().stamp().await.expect("it runs");
    }
    for office in offices {
        office.shutdown().await;
    }
    let samples = scrape(&server).await;
    assert_eq!(
        find(&samples, "scope_message_duration_seconds", &CLERK),
        Some(2e4)
    );
    assert_eq!(find(&samples, "scope_mailbox_capacity", &CLERK), None);
    let office = tenant(0).await;
    let samples = scrape(&server).await;
    assert_eq!(
        find(&samples, "scope_message_duration_seconds", &CLERK),
        Some(2e4 + 1.0)
    );
    office.shutdown().await;
}
