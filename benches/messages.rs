//! Calls and casts of a Scope service against the same actor written by hand on tokio.
//!
//! Run it with `cargo bench --bench messages`; it takes about ten seconds. It prints nanoseconds
//! per message for both and their ratio, on a current-thread runtime and on two workers. Each
//! figure is the minimum of several rounds in which the two take turns: on a shared machine trust
//! the ratios, not the times.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::time::Duration;

use scope::prelude::*;
use scope::{ChildSpec, Strategy, SupervisorSpec};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;

const ROUNDS: usize = 15;
const MESSAGES: usize = 20_000;

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

    #[cast]
    fn note(&mut self, by: i64) {
        self.value += by;
    }
}

/// What is measured: one way to send a counter its messages.
trait Actor: Clone + Send + 'static {
    fn call(&self, by: i64) -> impl Future<Output = i64> + Send;
    fn cast(&self, by: i64) -> impl Future<Output = ()> + Send;
}

/// A Scope service, with the default deadline of five seconds on every call.
impl Actor for CounterHandle {
    async fn call(&self, by: i64) -> i64 {
        self.add(by).await.expect("the service runs")
    }

    async fn cast(&self, by: i64) {
        self.note(by).await.expect("the service runs");
    }
}

/// A Scope service whose callers wait for ever.
#[derive(Clone)]
struct Patient(CounterHandle);

impl Actor for Patient {
    async fn call(&self, by: i64) -> i64 {
        self.0.add(by).no_timeout().await.expect("it runs")
    }

    async fn cast(&self, by: i64) {
        self.0.cast(by).await;
    }
}

enum Message {
    Add(i64, oneshot::Sender<i64>),
    Note(i64),
}

/// The loop that one writes by hand. It knows nothing of deadlines.
#[derive(Clone)]
struct ByHand(mpsc::Sender<Message>);

impl ByHand {
    fn start(runtime: &Runtime) -> Self {
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
        Self(sender)
    }
}

impl Actor for ByHand {
    async fn call(&self, by: i64) -> i64 {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.send(Message::Add(by, reply)).await;
        sent.expect("the task runs");
        answer.await.expect("it answers")
    }

    async fn cast(&self, by: i64) {
        let sent = self.0.send(Message::Note(by)).await;
        sent.expect("the task runs");
    }
}

/// The same with tokio's timeout around each call.
#[derive(Clone)]
struct ByHandTimed(ByHand);

impl Actor for ByHandTimed {
    async fn call(&self, by: i64) -> i64 {
        let limit = Duration::from_secs(5);
        let answer = tokio::time::timeout(limit, self.0.call(by)).await;
        answer.expect("it answers in time")
    }

    async fn cast(&self, by: i64) {
        self.0.cast(by).await;
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Call,
    Cast,
}

#[derive(Clone, Copy)]
struct Load {
    kind: Kind,
    senders: usize,
}

impl Load {
    /// Sends all messages and waits until they are handled; gives the time for one.
    async fn run(self, actor: impl Actor) -> f64 {
        let each = MESSAGES / self.senders;
        let begun = Instant::now();
        let mut senders = JoinSet::new();
        for _ in 0..self.senders {
            let actor = actor.clone();
            senders.spawn(async move {
                for _ in 0..each {
                    match self.kind {
                        Kind::Call => {
                            actor.call(1).await;
                        }
                        Kind::Cast => actor.cast(1).await,
                    }
                }
            });
        }
        senders.join_all().await;
        // What was cast before is handled before this.
        actor.call(0).await;
        nanoseconds(begun.elapsed()) / nanoseconds(Duration::from_nanos(MESSAGES as u64))
    }
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

/// Lets the two take turns, and prints the best round of each.
fn compare(runtime: &Runtime, label: &str, load: Load, scope: &impl Actor, by_hand: &impl Actor) {
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        best.0 = best.0.min(runtime.block_on(load.run(scope.clone())));
        best.1 = best.1.min(runtime.block_on(load.run(by_hand.clone())));
    }
    let (scope, by_hand) = best;
    let ratio = scope / by_hand;
    println!("| {label} | {scope:.0} | {by_hand:.0} | {ratio:.2} |");
}

fn measure(name: &str, runtime: &Runtime) {
    let namespace = Namespace::test(name);
    let spec = SupervisorSpec::new(Strategy::OneForOne)
        .child(ChildSpec::service::<Counter>("counter", || ()));
    let root = runtime.block_on(spec.start("Bench", namespace.clone()));
    let root = root.expect("it starts");
    let timed = Counter::via(&namespace);
    let patient = Patient(timed.clone());
    let by_hand = ByHand::start(runtime);
    let by_hand_timed = ByHandTimed(by_hand.clone());

    let calls = |senders| Load {
        kind: Kind::Call,
        senders,
    };
    let casts = |senders| Load {
        kind: Kind::Cast,
        senders,
    };
    let row = |what: &str| format!("{name}: {what}");
    compare(runtime, &row("call"), calls(1), &timed, &by_hand);
    compare(
        runtime,
        &row("call without deadline"),
        calls(1),
        &patient,
        &by_hand,
    );
    compare(
        runtime,
        &row("call, both with deadline"),
        calls(1),
        &timed,
        &by_hand_timed,
    );
    compare(
        runtime,
        &row("call, 64 callers"),
        calls(64),
        &timed,
        &by_hand,
    );
    compare(runtime, &row("cast"), casts(1), &timed, &by_hand);
    compare(
        runtime,
        &row("cast, 8 producers"),
        casts(8),
        &timed,
        &by_hand,
    );

    runtime.block_on(root.stop(ExitReason::Shutdown));
}

fn main() {
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
