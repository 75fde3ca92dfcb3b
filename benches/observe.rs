//! What it costs a service that somebody looks at it.
//!
//! Run it with `cargo bench --features observe --bench observe`; it takes about a minute. Callers call
//! one service over and over, on two workers, while nobody observes, while an observer waits, and while
//! clients scrape it over loopback, who also get what a service with a thousand instances counted. The
//! clients are in the same process and use the same processors, as a real Prometheus does not: what they
//! take is in the figures. Each row is the middle one of several rounds in which they take turns.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use scope::observe::{Listener, Observer, Serving};
use scope::prelude::*;
use scope::{ChildSpec, Root, Strategy, SupervisorSpec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};

const CALLERS: usize = 8;
const SERVICES: usize = 1_000;
const TENANTS: usize = 10_000;
/// Scrapes that were answered.
static SCRAPES: AtomicUsize = AtomicUsize::new(0);

const ROUNDS: usize = 7;
const WINDOW: Duration = Duration::from_millis(1500);

#[service]
#[derive(Default)]
struct Counter {
    value: i64,
}

#[handlers]
impl Counter {
    #[call]
    fn add(&mut self, by: i64) -> i64 {
        self.value += by;
        self.value
    }
}

/// Who scrapes meanwhile.
#[derive(Clone, Copy)]
enum Clients {
    /// Nobody.
    None,
    /// One, every second: fifteen times as often as Prometheus by default.
    EachSecond,
    /// So many at once, again and again.
    Always(usize),
}

impl Clients {
    #[expect(clippy::infinite_loop, reason = "its task is dropped")]
    async fn run(self, address: SocketAddr) {
        match self {
            Self::None => std::future::pending().await,
            Self::EachSecond => {
                let mut ticks = interval(Duration::from_secs(1));
                loop {
                    ticks.tick().await;
                    scrape(address).await;
                }
            }
            Self::Always(clients) => loop {
                let mut scrapes = JoinSet::new();
                for _ in 0..clients {
                    scrapes.spawn(scrape(address));
                }
                scrapes.join_all().await;
            },
        }
    }
}

async fn scrape(address: SocketAddr) -> usize {
    let request = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let mut answer = Vec::new();
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(request).await.expect("it reads");
    stream.read_to_end(&mut answer).await.expect("it answers");
    assert!(answer.ends_with(b"# EOF\n"), "it is whole");
    SCRAPES.fetch_add(1, Ordering::Relaxed);
    answer.len()
}

/// How long calls took while clients scraped.
async fn calls(counter: &CounterHandle, clients: Clients, address: Option<SocketAddr>) -> Round {
    let before = SCRAPES.load(Ordering::Relaxed);
    let mut scraping = JoinSet::new();
    if let Some(address) = address {
        scraping.spawn(clients.run(address));
    }
    let end = Instant::now() + WINDOW;
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let counter = counter.clone();
        callers.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < end {
                let begun = Instant::now();
                counter.add(1).await.expect("it runs");
                times.push(begun.elapsed());
            }
            times
        });
    }
    let mut times: Vec<_> = callers.join_all().await.into_iter().flatten().collect();
    times.sort_unstable();
    let scrapes = SCRAPES.load(Ordering::Relaxed) - before;
    Round { times, scrapes }
}

/// How long each call of a round took, sorted, and how many scrapes were answered meanwhile.
struct Round {
    times: Vec<Duration>,
    scrapes: usize,
}

/// The rounds of one row.
#[derive(Default)]
struct Row(Vec<Round>);

impl Row {
    /// Prints the middle one: others were disturbed, or disturbed too little.
    fn print(mut self, label: &str) {
        self.0.sort_by_key(|round| round.times.len());
        let Round { times, scrapes } = self.0.swap_remove(self.0.len() / 2);
        let at = |share: usize| times[(times.len() - 1) * share / 1000].as_secs_f64() * 1e6;
        let each = WINDOW.as_secs_f64() * 1e9 / float(times.len());
        let (half, most, rate) = (at(500), at(990), float(scrapes) / WINDOW.as_secs_f64());
        println!("| {label} | {each:.0} | {half:.1} | {most:.1} | {rate:.0} |");
    }
}

fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// A thousand instances, each of which handled something.
async fn many(namespace: &Namespace) -> Root {
    let mut spec = SupervisorSpec::new(Strategy::OneForOne);
    for number in 0..SERVICES {
        let id = format!("s{number}");
        spec = spec.child(ChildSpec::keyed_service::<Counter, usize>(
            id,
            number,
            || (),
        ));
    }
    let root = spec
        .start("Many", namespace.clone())
        .await
        .expect("it starts");
    for number in 0..SERVICES {
        let counter = Counter::via_key(namespace, &number);
        counter.add(1).await.expect("it runs");
    }
    root
}

async fn listen(observer: &Observer) -> Serving {
    let any = "127.0.0.1:0".parse().expect("an address");
    Listener::bind(observer, any)
        .await
        .expect("a free port")
        .spawn()
}

const LOOKS: [(&str, Clients); 4] = [
    ("an observer, no scrapes", Clients::None),
    ("a scrape each second", Clients::EachSecond),
    ("one client, without a pause", Clients::Always(1)),
    (
        "1,000 clients at once, without a pause",
        Clients::Always(1000),
    ),
];

async fn measure() {
    let namespace = Namespace::test("observed");
    let busy = Namespace::test("busy");
    let spec = SupervisorSpec::new(Strategy::OneForOne);
    let spec = spec.child(ChildSpec::service::<Counter>("counter", || ()));
    let root = spec.start("Busy", busy.clone()).await.expect("it starts");
    let many = many(&namespace).await;
    let counter = Counter::via(&busy);
    let (mut unobserved, mut observed) = (Row::default(), LOOKS.map(|_| Row::default()));
    for _ in 0..ROUNDS {
        unobserved
            .0
            .push(calls(&counter, Clients::None, None).await);
        let observer = Observer::start();
        let serving = listen(&observer).await;
        let address = Some(serving.address());
        for (row, (_, clients)) in observed.iter_mut().zip(LOOKS) {
            row.0.push(calls(&counter, clients, address).await);
        }
        serving.shutdown().await;
    }
    println!("| {CALLERS} callers | ns per call | p50 µs | p99 µs | scrapes per s |");
    println!("| --- | --- | --- | --- | --- |");
    unobserved.print("no observer");
    for (row, (label, _)) in observed.into_iter().zip(LOOKS) {
        row.print(label);
    }
    root.stop(ExitReason::Shutdown).await;
    many.stop(ExitReason::Shutdown).await;
}

/// How long one scrape takes.
async fn scrapes() {
    println!("\n| one scrape of | ms | bytes |\n| --- | --- | --- |");
    let namespace = Namespace::test("scraped");
    let observer = Observer::start();
    let serving = listen(&observer).await;
    let one = many(&namespace).await;
    print_scrape(&format!("{SERVICES} instances"), serving.address()).await;
    one.stop(ExitReason::Shutdown).await;
    let mut tenants = Vec::new();
    for number in 0..TENANTS {
        let namespace = Namespace::tenant(format!("t{number}"));
        let spec = SupervisorSpec::new(Strategy::OneForOne);
        let spec = spec.child(ChildSpec::service::<Counter>("counter", || ()));
        tenants.push(
            spec.start("Tenant", namespace.clone())
                .await
                .expect("it starts"),
        );
        Counter::via(&namespace).add(1).await.expect("it runs");
    }
    print_scrape(&format!("{TENANTS} tenants"), serving.address()).await;
    drop(tenants);
}

async fn print_scrape(label: &str, address: SocketAddr) {
    let (mut best, mut bytes) = (Duration::MAX, 0);
    for _ in 0..10 {
        let begun = Instant::now();
        bytes = scrape(address).await;
        best = best.min(begun.elapsed());
    }
    println!("| {label} | {:.1} | {bytes} |", best.as_secs_f64() * 1e3);
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

fn main() {
    runtime().block_on(measure());
    runtime().block_on(scrapes());
}
