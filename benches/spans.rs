//! What looking costs: one call while nobody listens, with a telemetry handler, and with spans.
//!
//! Run it with `cargo bench --bench spans`; it takes a few seconds. It prints nanoseconds per call on a
//! current-thread runtime, and how many times the call without anybody that is. Each figure is the
//! minimum of several rounds in which all take turns: on a shared machine trust the ratios.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};

use scope::prelude::*;
use scope::telemetry;
use scope::{ChildSpec, Strategy, SupervisorSpec};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::set_default;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

const ROUNDS: usize = 300;
const CALLS: u32 = 2_000;

#[service]
#[derive(Debug)]
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
}

/// Who looks, and what begins it; it ends when that is dropped.
type Look = (&'static str, fn() -> Box<dyn Any>);

const LOOKS: [Look; 5] = [
    ("nobody", || Box::new(())),
    ("a handler of other events", || attached("scope.supervisor")),
    ("a handler of every message", || attached("scope.message")),
    ("a subscriber at info", || subscribed(LevelFilter::INFO)),
    ("a subscriber of all spans", || {
        subscribed(LevelFilter::DEBUG)
    }),
];

fn attached(prefix: &'static str) -> Box<dyn Any> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    Box::new(telemetry::attach(prefix, |_| {
        COUNT.fetch_add(1, Ordering::Relaxed);
    }))
}

/// Keeps the spans, and does nothing with them.
struct Idle;

impl<S: tracing::Subscriber> Layer<S> for Idle {}

fn subscribed(level: LevelFilter) -> Box<dyn Any> {
    Box::new(set_default(Registry::default().with(level).with(Idle)))
}

/// The nanoseconds of one call.
fn measure(runtime: &Runtime, counter: &CounterHandle) -> f64 {
    runtime.block_on(async {
        let begun = Instant::now();
        for _ in 0..CALLS {
            counter.add(1).await.expect("the service runs");
        }
        begun.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
    })
}

fn main() {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let namespace = Namespace::test("spans");
    let spec = SupervisorSpec::new(Strategy::OneForOne)
        .child(ChildSpec::service::<Counter>("counter", || ()));
    let root = runtime.block_on(spec.start("Bench", namespace.clone()));
    let root = root.expect("it starts");
    let counter = Counter::via(&namespace);

    let mut best = [f64::INFINITY; LOOKS.len()];
    for _ in 0..ROUNDS {
        for (best, (_, look)) in best.iter_mut().zip(LOOKS) {
            let looking = look();
            *best = best.min(measure(&runtime, &counter));
            drop(looking);
        }
    }
    println!("| who looks | ns per call | ratio |");
    println!("| --- | --- | --- |");
    for (time, (who, _)) in best.iter().zip(LOOKS) {
        println!("| {who} | {time:.0} | {:.2} |", time / best[0]);
    }
    runtime.block_on(root.stop(ExitReason::Shutdown));
}
