//! actix, on its own one-threaded system, with its mailboxes set to the common capacity.
//!
//! Its `do_send` ignores that capacity. It has no names, and a panic is nothing that its supervisor sees.

use std::process::ExitCode;

use actix::prelude::*;
use tokio::task::JoinHandle;
use versus::{CAPACITY, Contestant, Flavour, Host, ring_is_closed, serve};

#[derive(Default)]
struct Counter {
    value: i64,
}

impl Actor for Counter {
    type Context = Context<Self>;

    fn started(&mut self, cx: &mut Self::Context) {
        cx.set_mailbox_capacity(CAPACITY);
    }
}

struct Add(i64);

impl Message for Add {
    type Result = i64;
}

impl Handler<Add> for Counter {
    type Result = i64;

    fn handle(&mut self, Add(by): Add, _: &mut Self::Context) -> i64 {
        self.value += by;
        self.value
    }
}

struct Note(i64);

impl Message for Note {
    type Result = ();
}

impl Handler<Note> for Counter {
    type Result = ();

    fn handle(&mut self, Note(by): Note, _: &mut Self::Context) {
        self.value += by;
    }
}

struct Stop;

impl Message for Stop {
    type Result = ();
}

impl Handler<Stop> for Counter {
    type Result = ();

    fn handle(&mut self, _: Stop, cx: &mut Self::Context) {
        cx.stop();
    }
}

struct Hop {
    next: Option<Addr<Self>>,
}

impl Actor for Hop {
    type Context = Context<Self>;

    fn started(&mut self, cx: &mut Self::Context) {
        cx.set_mailbox_capacity(CAPACITY);
    }
}

struct Close(Addr<Hop>);

impl Message for Close {
    type Result = ();
}

impl Handler<Close> for Hop {
    type Result = ();

    fn handle(&mut self, Close(first): Close, _: &mut Self::Context) {
        self.next = Some(first);
    }
}

struct Pass(u64);

impl Message for Pass {
    type Result = ();
}

impl Handler<Pass> for Hop {
    type Result = ();

    fn handle(&mut self, Pass(left): Pass, _: &mut Self::Context) {
        if left == 0 {
            ring_is_closed();
        } else if let Some(next) = &self.next {
            next.do_send(Pass(left - 1));
        }
    }
}

impl Handler<Stop> for Hop {
    type Result = ();

    fn handle(&mut self, _: Stop, cx: &mut Self::Context) {
        cx.stop();
    }
}

/// A ring, which ends with this.
struct Ring(Vec<Addr<Hop>>);

impl Drop for Ring {
    fn drop(&mut self) {
        for hop in &self.0 {
            hop.do_send(Stop);
        }
    }
}

struct System(SystemRunner);

impl Host for System {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

struct Actix {
    counter: Addr<Counter>,
}

impl Contestant for Actix {
    type Host = System;
    type Address = Addr<Counter>;
    type Plain = Addr<Counter>;
    type Ring = Ring;
    type Group = ();

    fn host(flavour: Flavour) -> Option<System> {
        (flavour == Flavour::CurrentThread).then(|| {
            let runtime = move || flavour.runtime();
            System(actix::System::with_tokio_rt(runtime))
        })
    }

    fn task<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        // Where its actors are, which is faster than from outside.
        actix::spawn(future)
    }

    async fn new() -> Self {
        let counter = Counter::default().start();
        Self { counter }
    }

    async fn counter(&self) -> Addr<Counter> {
        self.counter.clone()
    }

    async fn call(address: &Addr<Counter>, by: i64) -> i64 {
        address.send(Add(by)).await.expect("it runs")
    }

    async fn cast(address: &Addr<Counter>, by: i64) {
        address.do_send(Note(by));
    }

    async fn ring(&self, size: usize) -> Ring {
        let mut hops: Vec<Addr<Hop>> = Vec::new();
        for _ in 0..size {
            let next = hops.last().cloned();
            hops.push(Hop { next }.start());
        }
        let last = hops.last().expect("there are some").clone();
        hops[0].do_send(Close(last));
        Ring(hops)
    }

    async fn pass(Ring(hops): &Ring, count: u64) {
        hops[0].do_send(Pass(count));
    }

    async fn plain(&self) -> Option<Addr<Counter>> {
        Some(Counter::default().start())
    }

    async fn end(plain: Addr<Counter>) {
        // It ends in the poll that answers this.
        plain.send(Stop).await.expect("it runs");
    }
}

fn main() -> ExitCode {
    serve::<Actix>()
}
