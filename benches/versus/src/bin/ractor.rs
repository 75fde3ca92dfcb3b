//! ractor, without spans and without boxed futures, under a supervisor that restarts, in its own registry.
//!
//! Its mailboxes have no bound.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use ractor::rpc::CallResult;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use versus::{CRASH, Contestant, Flavour, ring_is_closed, serve};

type Done<T> = Result<T, ActorProcessingErr>;

struct Counter;

enum Message {
    Add(i64, RpcReplyPort<i64>),
    Note(i64),
    Crash,
}

type Address = ActorRef<Message>;

impl Actor for Counter {
    type Msg = Message;
    type State = i64;
    type Arguments = ();

    async fn pre_start(&self, _: Address, (): ()) -> Done<i64> {
        Ok(0)
    }

    async fn handle(&self, _: Address, message: Message, value: &mut i64) -> Done<()> {
        match message {
            Message::Add(by, reply) => {
                *value += by;
                // A caller that went away needs no answer.
                let _late = reply.send(*value);
            }
            Message::Note(by) => *value += by,
            Message::Crash => panic!("{CRASH}"),
        }
        Ok(())
    }
}

struct Hop;

enum Step {
    Close(ActorRef<Self>),
    Pass(u64),
}

impl Actor for Hop {
    type Msg = Step;
    type State = Option<ActorRef<Step>>;
    type Arguments = Self::State;

    async fn pre_start(&self, _: ActorRef<Step>, next: Self::State) -> Done<Self::State> {
        Ok(next)
    }

    async fn handle(&self, _: ActorRef<Step>, step: Step, next: &mut Self::State) -> Done<()> {
        match (step, next) {
            (Step::Close(first), next) => *next = Some(first),
            (Step::Pass(0), _) => ring_is_closed(),
            (Step::Pass(left), Some(next)) => next.cast(Step::Pass(left - 1))?,
            (Step::Pass(_), None) => {}
        }
        Ok(())
    }
}

/// A ring, which ends with this.
struct Ring(Vec<ActorRef<Step>>);

impl Drop for Ring {
    fn drop(&mut self) {
        for hop in &self.0 {
            hop.kill();
        }
    }
}

/// Starts every counter that failed again, under its name.
struct Supervisor;

impl Actor for Supervisor {
    type Msg = ();
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<()>, (): ()) -> Done<()> {
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        own: ActorRef<()>,
        event: SupervisionEvent,
        (): &mut (),
    ) -> Done<()> {
        if let SupervisionEvent::ActorFailed(failed, _) = event {
            Actor::spawn_linked(failed.get_name(), Counter, (), own.get_cell()).await?;
        }
        Ok(())
    }
}

async fn supervised(supervisor: &ActorRef<()>, name: &str) {
    let started =
        Actor::spawn_linked(Some(name.to_owned()), Counter, (), supervisor.get_cell()).await;
    started.expect("the name is free");
}

struct Ractor {
    supervisor: ActorRef<()>,
    name: String,
}

impl Contestant for Ractor {
    type Host = Runtime;
    type Address = Address;
    type Plain = (Address, JoinHandle<()>);
    type Ring = Ring;
    type Group = ActorRef<()>;

    fn host(flavour: Flavour) -> Option<Runtime> {
        Some(flavour.runtime())
    }

    async fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (supervisor, _) = Actor::spawn(None, Supervisor, ()).await.expect("it starts");
        let name = format!("own-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        supervised(&supervisor, &name).await;
        Self { supervisor, name }
    }

    async fn counter(&self) -> Address {
        Self::lookup(&self.supervisor, &self.name).expect("it runs")
    }

    async fn call(address: &Address, by: i64) -> i64 {
        match address.call(|reply| Message::Add(by, reply), None).await {
            Ok(CallResult::Success(sum)) => sum,
            _ => panic!("it runs"),
        }
    }

    async fn cast(address: &Address, by: i64) {
        address.cast(Message::Note(by)).expect("it runs");
    }

    async fn ring(&self, size: usize) -> Ring {
        let mut hops: Vec<ActorRef<Step>> = Vec::new();
        for _ in 0..size {
            let next = hops.last().cloned();
            let (hop, _) = Actor::spawn(None, Hop, next).await.expect("it starts");
            hops.push(hop);
        }
        let last = hops.last().expect("there are some").clone();
        hops[0].cast(Step::Close(last)).expect("it runs");
        Ring(hops)
    }

    async fn pass(Ring(hops): &Ring, count: u64) {
        hops[0].cast(Step::Pass(count)).expect("the ring runs");
    }

    async fn plain(&self) -> Option<Self::Plain> {
        Some(Actor::spawn(None, Counter, ()).await.expect("it starts"))
    }

    async fn end((address, task): Self::Plain) {
        address.stop(None);
        task.await.expect("it does not panic");
    }

    async fn group(&self, names: &[String]) -> Option<ActorRef<()>> {
        let (supervisor, _) = Actor::spawn(None, Supervisor, ()).await.expect("it starts");
        for name in names {
            supervised(&supervisor, name).await;
        }
        Some(supervisor)
    }

    async fn add(supervisor: &ActorRef<()>, name: &String) {
        supervised(supervisor, name).await;
    }

    async fn remove(supervisor: &ActorRef<()>, name: &String) {
        let counter = Self::lookup(supervisor, name).expect("it runs");
        counter.stop_and_wait(None, None).await.expect("it runs");
    }

    fn lookup(_: &ActorRef<()>, name: &String) -> Option<Address> {
        ActorRef::where_is(name)
    }

    async fn crash(address: &Address) {
        address.cast(Message::Crash).expect("it runs");
    }

    async fn answer(address: &Address) -> Option<i64> {
        match address.call(|reply| Message::Add(0, reply), None).await {
            Ok(CallResult::Success(sum)) => Some(sum),
            _ => None,
        }
    }

    async fn close(supervisor: ActorRef<()>) {
        let children = supervisor.get_children();
        supervisor.stop_and_wait(None, None).await.expect("it runs");
        for child in children {
            // It may be gone already.
            let _gone = child.wait(None).await;
        }
    }
}

fn main() -> ExitCode {
    serve::<Ractor>()
}
