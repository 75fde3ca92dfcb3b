//! xtra, with bounded mailboxes. It has neither supervisors nor names.

use std::process::ExitCode;

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use versus::{CAPACITY, Contestant, Flavour, ring_is_closed, serve};
use xtra::{Actor, Address, Context, Handler, Mailbox};

struct Counter {
    value: i64,
}

impl Actor for Counter {
    type Stop = ();

    async fn stopped(self) {}
}

struct Add(i64);

impl Handler<Add> for Counter {
    type Return = i64;

    async fn handle(&mut self, Add(by): Add, _: &mut Context<Self>) -> i64 {
        self.value += by;
        self.value
    }
}

struct Note(i64);

impl Handler<Note> for Counter {
    type Return = ();

    async fn handle(&mut self, Note(by): Note, _: &mut Context<Self>) {
        self.value += by;
    }
}

struct Hop {
    next: Option<Address<Self>>,
}

impl Actor for Hop {
    type Stop = ();

    async fn stopped(self) {}
}

struct Close(Address<Hop>);

impl Handler<Close> for Hop {
    type Return = ();

    async fn handle(&mut self, Close(first): Close, _: &mut Context<Self>) {
        self.next = Some(first);
    }
}

struct Pass(u64);

impl Handler<Pass> for Hop {
    type Return = ();

    async fn handle(&mut self, Pass(left): Pass, _: &mut Context<Self>) {
        if left == 0 {
            ring_is_closed();
        } else if let Some(next) = &self.next {
            // Nobody waits until it is handled.
            let _handled = next.send(Pass(left - 1)).detach().await;
        }
    }
}

/// A ring, which ends with this.
struct Ring {
    first: Address<Hop>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Ring {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn start<A: Actor<Stop = ()>>(actor: A) -> (Address<A>, JoinHandle<()>) {
    let (address, mailbox) = Mailbox::bounded(CAPACITY);
    (address, tokio::spawn(xtra::run(mailbox, actor)))
}

struct Xtra;

impl Contestant for Xtra {
    type Host = Runtime;
    type Address = Address<Counter>;
    type Plain = (Address<Counter>, JoinHandle<()>);
    type Ring = Ring;
    type Group = ();

    fn host(flavour: Flavour) -> Option<Runtime> {
        Some(flavour.runtime())
    }

    async fn new() -> Self {
        Self
    }

    async fn counter(&self) -> Address<Counter> {
        start(Counter { value: 0 }).0
    }

    async fn call(address: &Address<Counter>, by: i64) -> i64 {
        address.send(Add(by)).await.expect("it runs")
    }

    async fn cast(address: &Address<Counter>, by: i64) {
        let handled = address.send(Note(by)).detach().await;
        drop(handled.expect("it runs"));
    }

    async fn ring(&self, size: usize) -> Ring {
        let (first, task) = start(Hop { next: None });
        let (mut next, mut tasks) = (first.clone(), vec![task]);
        for _ in 1..size {
            let (hop, task) = start(Hop { next: Some(next) });
            next = hop;
            tasks.push(task);
        }
        first.send(Close(next)).await.expect("it runs");
        Ring { first, tasks }
    }

    async fn pass(ring: &Ring, count: u64) {
        let handled = ring.first.send(Pass(count)).detach().await;
        drop(handled.expect("the ring runs"));
    }

    async fn plain(&self) -> Option<Self::Plain> {
        Some(start(Counter { value: 0 }))
    }

    async fn end((address, task): Self::Plain) {
        drop(address);
        task.await.expect("it does not panic");
    }
}

fn main() -> ExitCode {
    serve::<Xtra>()
}
