//! What statistics cost a message, against the same actor written by hand on tokio.
//!
//! Run it with `cargo bench --bench telemetry`, and once more with
//! `--no-default-features --features macros` for the same service without statistics. It prints
//! nanoseconds per message and the ratio to the hand-written actor of the same run, and then what
//! a snapshot costs. Each figure is the minimum of rounds in which the two take turns: on a shared
//! machine trust the ratios, not the times.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::time::Duration;

use scope::prelude::*;
use scope::{ChildSpec, Strategy, SupervisorSpec};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

const ROUNDS: usize = 40;
const MESSAGES: usize = 20_000;

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
}

enum Message {
    Add(i64, oneshot::Sender<i64>),
    Note(i64),
}

/// The loop that one writes by hand.
fn by_hand(runtime: &Runtime) -> mpsc::Sender<Message> {
    let (sender, mut receiver) = mpsc::channel(1024);
    runtime.spawn(async move {
        let mut value = 0;
        while let Some(message) = receiver.recv().await {
            match message {
                Message::Add(by, reply) => {
                    value += by;
                    // A caller that went away needs no answer.
                    let _late = reply.send(value);
                }
                Message::Note(by) => value += by,
            }
        }
    });
    sender
}

/// Sends all messages, one after the other, from a task of their own; gives the nanoseconds for one.
fn time<A: Clone + Send + 'static, F: Future<Output = ()> + Send>(
    runtime: &Runtime,
    to: &A,
    message: impl Fn(A) -> F + Send + 'static,
) -> f64 {
    let to = to.clone();
    let sender = runtime.spawn(async move {
        let begun = Instant::now();
        for _ in 0..MESSAGES {
            message(to.clone()).await;
        }
        begun.elapsed()
    });
    let taken = runtime.block_on(sender).expect("it sends");
    taken.as_secs_f64() / Duration::from_nanos(MESSAGES as u64).as_secs_f64()
}

async fn call(counter: CounterHandle) {
    counter.add(1).no_timeout().await.expect("it runs");
}

async fn cast(counter: CounterHandle) {
    counter.note(1).await.expect("it runs");
}

async fn call_by_hand(actor: mpsc::Sender<Message>) {
    let (reply, answer) = oneshot::channel();
    let sent = actor.send(Message::Add(1, reply)).await;
    sent.expect("the task runs");
    answer.await.expect("it answers");
}

async fn cast_by_hand(actor: mpsc::Sender<Message>) {
    let sent = actor.send(Message::Note(1)).await;
    sent.expect("the task runs");
}

/// Lets the two take turns, and prints the best round of each.
fn compare(label: &str, scope: impl Fn() -> f64, by_hand: impl Fn() -> f64) {
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        best = (best.0.min(scope()), best.1.min(by_hand()));
    }
    let (scope, by_hand) = best;
    println!(
        "| {label} | {scope:.0} | {by_hand:.0} | {:.2} |",
        scope / by_hand
    );
}

fn measure(name: &str, runtime: &Runtime) {
    let namespace = Namespace::test(name);
    let spec = SupervisorSpec::new(Strategy::OneForOne)
        .child(ChildSpec::service::<Counter>("counter", || ()));
    let root = runtime.block_on(spec.start("Bench", namespace.clone()));
    let root = root.expect("it starts");
    let counter = Counter::via(&namespace);
    let actor = by_hand(runtime);
    compare(
        &format!("{name}: call"),
        || time(runtime, &counter, call),
        || time(runtime, &actor, call_by_hand),
    );
    compare(
        &format!("{name}: cast"),
        || time(runtime, &counter, cast),
        || time(runtime, &actor, cast_by_hand),
    );
    #[cfg(feature = "stats")]
    time_snapshot(&namespace);
    runtime.block_on(root.stop(ExitReason::Shutdown));
}

#[cfg(feature = "stats")]
fn time_snapshot(namespace: &Namespace) {
    let begun = Instant::now();
    for _ in 0..1_000_u32 {
        std::hint::black_box(scope::telemetry::snapshot(namespace));
    }
    println!("a snapshot: {:?}", begun.elapsed() / 1_000);
}

fn main() {
    let statistics = if cfg!(feature = "stats") { "on" } else { "off" };
    println!("statistics {statistics}");
    println!("| | Scope ns | by hand ns | ratio |");
    println!("| --- | --- | --- | --- |");
    let one = Builder::new_current_thread().enable_all().build();
    measure("current thread", &one.expect("a runtime"));
    let two = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    measure("two workers", &two.expect("a runtime"));
}
