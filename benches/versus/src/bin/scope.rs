//! Scope, as its macros make it: every call has the default deadline of five seconds.
//!
//! Built with the feature `scope` alone it is bare; with `scope-default` it has what Scope has by default, statistics
//! among it. Of that there are two variants with somebody who looks: `scope-attached` with a handler of every message's
//! events, `scope-traced` with a subscriber of every span.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use scope::prelude::*;
use scope::{Dynamic, Keyed, Running};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use versus::{CRASH, Contestant, Flavour, ring_is_closed, serve};

#[service]
struct Counter {
    value: i64,
}

#[handlers]
impl Counter {
    #[init]
    fn new() -> Self {
        Self { value: 0 }
    }

    #[call]
    fn add(&mut self, by: i64) -> i64 {
        self.value += by;
        self.value
    }

    #[cast]
    fn note(&mut self, by: i64) {
        self.value += by;
    }

    #[cast]
    fn crash(&mut self) {
        panic!("{CRASH}")
    }
}

/// One place of a ring.
#[service]
struct Hop {
    next: HopHandle,
}

#[handlers]
impl Hop {
    #[init]
    fn new(next: usize, cx: &Context<Self>) -> Self {
        let next = Self::via_key(cx.namespace(), &next);
        Self { next }
    }

    #[cast]
    async fn pass(&mut self, left: u64) {
        if left == 0 {
            ring_is_closed();
        } else {
            self.next.pass(left - 1).await.expect("the ring runs");
        }
    }
}

/// A counter with room for many.
#[service(mailbox = 1_000_000)]
struct Deep {
    value: i64,
}

#[handlers]
impl Deep {
    #[init]
    fn new() -> Self {
        Self { value: 0 }
    }

    #[cast]
    async fn hold(&mut self, gate: oneshot::Receiver<()>) {
        gate.await.expect("somebody opens it");
    }

    #[cast]
    fn note(&mut self, by: i64) {
        self.value += by;
    }

    #[call]
    fn value(&self) -> i64 {
        self.value
    }
}

supervisor! {
    supervisor Bench {
        strategy: one_for_one,
        counter: Counter(),
        deep: Deep(),
        plain: dynamic Counter() with _nothing: () { restart: temporary },
    }

    supervisor Crowd {
        strategy: one_for_one,
        // Benchmarks crash more often than anything should.
        counters: dynamic Counter() by _name: String { intensity: 1_000_000 in "1s" },
    }

    supervisor Circle(size: usize) {
        strategy: one_for_one,
        hops: dynamic Hop((index + 1) % size) by index: usize,
    }
}

/// A namespace of its own for each tree.
fn namespace() -> Namespace {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    Namespace::test(NEXT.fetch_add(1, Ordering::Relaxed).to_string())
}

struct Scope {
    bench: Running<Bench>,
    plain: Dynamic<Counter, ((),)>,
}

struct Group {
    tree: Running<Crowd>,
    namespace: Namespace,
    counters: Keyed<Counter, String>,
}

impl Contestant for Scope {
    type Host = Runtime;
    type Address = CounterHandle;
    type Plain = CounterHandle;
    type Ring = (Running<Circle>, HopHandle);
    type Group = Group;

    fn host(flavour: Flavour) -> Option<Runtime> {
        Some(flavour.runtime())
    }

    async fn new() -> Self {
        let bench = Bench::start_in(namespace()).await.expect("it starts");
        let plain = bench.plain();
        Self { bench, plain }
    }

    async fn counter(&self) -> CounterHandle {
        self.bench.counter()
    }

    async fn call(address: &CounterHandle, by: i64) -> i64 {
        address.add(by).await.expect("it runs")
    }

    async fn cast(address: &CounterHandle, by: i64) {
        address.note(by).await.expect("it runs");
    }

    async fn ring(&self, size: usize) -> Self::Ring {
        let ring = Circle::start_in(namespace(), size)
            .await
            .expect("it starts");
        let hops = ring.hops();
        for index in 1..size {
            hops.get_or_start(index).await.expect("it starts");
        }
        let first = hops.get_or_start(0).await.expect("it starts");
        (ring, first)
    }

    async fn pass((_, first): &Self::Ring, hops: u64) {
        first.pass(hops).await.expect("the ring runs");
    }

    /// Scope has no services without a supervisor: a temporary one that nobody finds by a name.
    async fn plain(&self) -> Option<CounterHandle> {
        Some(self.plain.start(((),)).await.expect("it starts"))
    }

    async fn end(plain: CounterHandle) {
        plain.stop(ExitReason::Normal);
        plain.down().await;
    }

    async fn group(&self, names: &[String]) -> Option<Group> {
        let namespace = namespace();
        let tree = Crowd::start_in(namespace.clone()).await.expect("it starts");
        let counters = tree.counters();
        let group = Group {
            tree,
            namespace,
            counters,
        };
        for name in names {
            Self::add(&group, name).await;
        }
        Some(group)
    }

    async fn add(group: &Group, name: &String) {
        group
            .counters
            .get_or_start(name.clone())
            .await
            .expect("it starts");
    }

    async fn remove(group: &Group, name: &String) {
        group
            .counters
            .stop(name)
            .await
            .expect("the supervisor runs");
    }

    fn lookup(group: &Group, name: &String) -> Option<CounterHandle> {
        Counter::lookup_key(&group.namespace, name)
    }

    async fn crash(address: &CounterHandle) {
        address.crash().await.expect("it runs");
    }

    async fn answer(address: &CounterHandle) -> Option<i64> {
        address.add(0).await.ok()
    }

    async fn close(group: Group) {
        group.tree.shutdown().await;
    }

    #[cfg(feature = "scope-default")]
    fn survey(group: &Group) -> Option<usize> {
        Some(
            scope::telemetry::snapshot(&group.namespace)
                .registry
                .entries,
        )
    }

    async fn flood(&self, casts: usize) -> Option<[Duration; 2]> {
        let deep = self.bench.deep();
        let (open, gate) = oneshot::channel();
        deep.hold(gate).await.expect("it runs");
        let begun = Instant::now();
        for _ in 0..casts {
            deep.note(1).await.expect("there is room");
        }
        let sent = begun.elapsed();
        let begun = Instant::now();
        open.send(()).expect("it waits");
        deep.value().await.expect("it runs");
        Some([sent, begun.elapsed()])
    }
}

/// Hears of every message, for as long as the process runs.
#[cfg(feature = "scope-default")]
fn attach() {
    static SEEN: AtomicU64 = AtomicU64::new(0);
    scope::telemetry::attach("scope.message", |_| {
        SEEN.fetch_add(1, Ordering::Relaxed);
    })
    .keep();
}

/// Wants every span, and does nothing with it.
#[cfg(feature = "scope-default")]
fn trace() {
    use tracing::level_filters::LevelFilter;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::{Layer, Registry};

    struct Idle;
    impl<S: tracing::Subscriber> Layer<S> for Idle {}

    let all = Registry::default().with(LevelFilter::DEBUG).with(Idle);
    tracing::subscriber::set_global_default(all).expect("there is no other");
}

fn main() -> ExitCode {
    #[cfg(feature = "scope-default")]
    match versus::variant().as_str() {
        "scope-attached" => attach(),
        "scope-traced" => trace(),
        _ => {}
    }
    serve::<Scope>()
}
