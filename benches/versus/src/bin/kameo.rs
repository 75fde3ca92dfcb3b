//! kameo, without spans, with bounded mailboxes, under its own supervisor and in its own registry.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kameo::actor::{Actor, ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::mailbox;
use kameo::message::{Context, Message};
use kameo::registry::ACTOR_REGISTRY;
use kameo::supervision::RestartPolicy;
use tokio::runtime::Runtime;
use versus::{CAPACITY, CRASH, Contestant, Flavour, ring_is_closed, serve};

struct Counter {
    value: i64,
}

impl Actor for Counter {
    type Args = ();
    type Error = Infallible;

    async fn on_start((): (), _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self { value: 0 })
    }
}

struct Add(i64);

impl Message<Add> for Counter {
    type Reply = i64;

    async fn handle(&mut self, Add(by): Add, _: &mut Context<Self, i64>) -> i64 {
        self.value += by;
        self.value
    }
}

struct Note(i64);

impl Message<Note> for Counter {
    type Reply = ();

    async fn handle(&mut self, Note(by): Note, _: &mut Context<Self, ()>) {
        self.value += by;
    }
}

struct Crash;

impl Message<Crash> for Counter {
    type Reply = ();

    async fn handle(&mut self, _: Crash, _: &mut Context<Self, ()>) {
        panic!("{CRASH}")
    }
}

struct Hop {
    next: Option<ActorRef<Self>>,
}

impl Actor for Hop {
    type Args = Option<ActorRef<Self>>;
    type Error = Infallible;

    async fn on_start(next: Self::Args, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self { next })
    }
}

struct Close(ActorRef<Hop>);

impl Message<Close> for Hop {
    type Reply = ();

    async fn handle(&mut self, Close(first): Close, _: &mut Context<Self, ()>) {
        self.next = Some(first);
    }
}

struct Pass(u64);

impl Message<Pass> for Hop {
    type Reply = ();

    async fn handle(&mut self, Pass(left): Pass, _: &mut Context<Self, ()>) {
        if left == 0 {
            ring_is_closed();
        } else if let Some(next) = &self.next {
            next.tell(Pass(left - 1)).await.expect("the ring runs");
        }
    }
}

/// A ring, which ends with this.
struct Ring(Vec<ActorRef<Hop>>);

impl Drop for Ring {
    fn drop(&mut self) {
        self.0.iter().for_each(ActorRef::kill);
    }
}

struct Supervisor;

impl Actor for Supervisor {
    type Args = ();
    type Error = Infallible;

    async fn on_start((): (), _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

/// A supervisor, and the names below it, which are to be taken off the registry.
struct Group {
    supervisor: ActorRef<Supervisor>,
    names: Vec<String>,
}

async fn supervised(supervisor: &ActorRef<Supervisor>, name: &str) -> ActorRef<Counter> {
    let counter = Counter::supervise(supervisor, ())
        .restart_policy(RestartPolicy::Transient)
        .restart_limit(1_000_000, Duration::from_secs(1))
        .spawn_with_mailbox(mailbox::bounded(CAPACITY))
        .await;
    counter.register(name.to_owned()).expect("the name is free");
    counter
}

fn unregister(name: &str) {
    ACTOR_REGISTRY
        .lock()
        .expect("nobody panics with it")
        .remove(name);
}

struct Kameo {
    supervisor: ActorRef<Supervisor>,
    name: String,
}

impl Contestant for Kameo {
    type Host = Runtime;
    type Address = ActorRef<Counter>;
    type Plain = ActorRef<Counter>;
    type Ring = Ring;
    type Group = Group;

    fn host(flavour: Flavour) -> Option<Runtime> {
        Some(flavour.runtime())
    }

    async fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let supervisor = Supervisor::spawn(());
        let name = format!("own-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        supervised(&supervisor, &name).await;
        Self { supervisor, name }
    }

    async fn counter(&self) -> ActorRef<Counter> {
        assert!(self.supervisor.is_alive(), "the supervisor runs");
        let found = ActorRef::lookup(&*self.name).expect("it is a counter");
        found.expect("it is registered")
    }

    async fn call(address: &ActorRef<Counter>, by: i64) -> i64 {
        address.ask(Add(by)).await.expect("it runs")
    }

    async fn cast(address: &ActorRef<Counter>, by: i64) {
        address.tell(Note(by)).await.expect("it runs");
    }

    async fn ring(&self, size: usize) -> Ring {
        let mut hops: Vec<ActorRef<Hop>> = Vec::new();
        for _ in 0..size {
            let next = hops.last().cloned();
            hops.push(Hop::spawn_with_mailbox(next, mailbox::bounded(CAPACITY)));
        }
        let last = hops.last().expect("there are some").clone();
        hops[0].tell(Close(last)).await.expect("it runs");
        Ring(hops)
    }

    async fn pass(Ring(hops): &Ring, count: u64) {
        hops[0].tell(Pass(count)).await.expect("the ring runs");
    }

    async fn plain(&self) -> Option<ActorRef<Counter>> {
        Some(Counter::spawn_with_mailbox((), mailbox::bounded(CAPACITY)))
    }

    async fn end(plain: ActorRef<Counter>) {
        plain.stop_gracefully().await.expect("it runs");
        plain.wait_for_shutdown().await;
    }

    async fn group(&self, names: &[String]) -> Option<Group> {
        let supervisor = Supervisor::spawn(());
        for name in names {
            supervised(&supervisor, name).await;
        }
        Some(Group {
            supervisor,
            names: names.to_vec(),
        })
    }

    async fn add(group: &Group, name: &String) {
        supervised(&group.supervisor, name).await;
    }

    async fn remove(group: &Group, name: &String) {
        let counter = Self::lookup(group, name).expect("it runs");
        counter.stop_gracefully().await.expect("it runs");
        counter.wait_for_shutdown().await;
        unregister(name);
    }

    fn lookup(_: &Group, name: &String) -> Option<ActorRef<Counter>> {
        ActorRef::lookup(&**name).expect("it is a counter")
    }

    async fn crash(address: &ActorRef<Counter>) {
        address.tell(Crash).await.expect("it runs");
    }

    async fn answer(address: &ActorRef<Counter>) -> Option<i64> {
        address.ask(Add(0)).await.ok()
    }

    async fn close(group: Group) {
        group.supervisor.stop_gracefully().await.expect("it runs");
        group.supervisor.wait_for_shutdown().await;
        group.names.iter().for_each(|name| unregister(name));
    }
}

fn main() -> ExitCode {
    serve::<Kameo>()
}
