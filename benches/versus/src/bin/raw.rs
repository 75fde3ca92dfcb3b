//! What a good engineer writes by hand: an enum of messages, tokio's channels, a task for each actor.
//!
//! The variant `raw-deadline` puts `tokio::time::timeout` around each call; it is otherwise the same.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use versus::{CAPACITY, CRASH, Contestant, Flavour, ring_is_closed, serve, variant};

const DEADLINE: Duration = Duration::from_secs(5);

enum Message {
    Add(i64, oneshot::Sender<i64>),
    Note(i64),
    Crash,
}

type Address = mpsc::Sender<Message>;

async fn count(mut messages: mpsc::Receiver<Message>) {
    let mut value = 0;
    while let Some(message) = messages.recv().await {
        match message {
            Message::Add(by, reply) => {
                value += by;
                // A caller that went away needs no answer.
                let _late = reply.send(value);
            }
            Message::Note(by) => value += by,
            Message::Crash => panic!("{CRASH}"),
        }
    }
}

/// One place of a ring.
enum Hop {
    Pass(u64),
}

async fn hop(mut hops: mpsc::Receiver<Hop>, next: mpsc::Sender<Hop>) {
    while let Some(Hop::Pass(left)) = hops.recv().await {
        if left == 0 {
            ring_is_closed();
        } else if next.send(Hop::Pass(left - 1)).await.is_err() {
            return;
        }
    }
}

/// A ring, which ends with this.
struct Ring {
    first: mpsc::Sender<Hop>,
    places: Vec<JoinHandle<()>>,
}

impl Drop for Ring {
    fn drop(&mut self) {
        for place in &self.places {
            place.abort();
        }
    }
}

/// Who runs under which name, and the tasks that see to it.
#[derive(Clone, Default)]
struct Group(Arc<Tables>);

#[derive(Default)]
struct Tables {
    addresses: RwLock<HashMap<String, Address>>,
    keepers: Mutex<HashMap<String, JoinHandle<()>>>,
}

impl Group {
    fn enter(&self, name: &str) -> mpsc::Receiver<Message> {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let mut addresses = self
            .0
            .addresses
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        addresses.insert(name.to_owned(), sender);
        receiver
    }

    fn leave(&self, name: &str) -> Option<JoinHandle<()>> {
        let mut addresses = self
            .0
            .addresses
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        addresses.remove(name);
        drop(addresses);
        self.0
            .keepers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name)
    }

    /// Runs a counter as a task, and another one whenever it panics.
    async fn keep(self, name: String, mut messages: mpsc::Receiver<Message>) {
        while tokio::spawn(count(messages)).await.is_err() {
            messages = self.enter(&name);
        }
    }

    fn start(&self, name: &str) {
        let messages = self.enter(name);
        let keeper = tokio::spawn(self.clone().keep(name.to_owned(), messages));
        let mut keepers = self
            .0
            .keepers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        keepers.insert(name.to_owned(), keeper);
    }
}

struct Raw<const TIMED: bool>;

impl<const TIMED: bool> Contestant for Raw<TIMED> {
    type Host = Runtime;
    type Address = Address;
    type Plain = (Address, JoinHandle<()>);
    type Ring = Ring;
    type Group = Group;

    fn host(flavour: Flavour) -> Option<Runtime> {
        Some(flavour.runtime())
    }

    async fn new() -> Self {
        Self
    }

    async fn counter(&self) -> Address {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        drop(tokio::spawn(count(receiver)));
        sender
    }

    async fn call(address: &Address, by: i64) -> i64 {
        let call = async {
            let (reply, answer) = oneshot::channel();
            let sent = address.send(Message::Add(by, reply)).await;
            sent.expect("the task runs");
            answer.await.expect("it answers")
        };
        if TIMED {
            timeout(DEADLINE, call).await.expect("it answers in time")
        } else {
            call.await
        }
    }

    async fn cast(address: &Address, by: i64) {
        address
            .send(Message::Note(by))
            .await
            .expect("the task runs");
    }

    async fn ring(&self, size: usize) -> Ring {
        let (first, last) = mpsc::channel(CAPACITY);
        let mut next = first.clone();
        let mut places = Vec::new();
        for _ in 1..size {
            let (sender, receiver) = mpsc::channel(CAPACITY);
            places.push(tokio::spawn(hop(receiver, next)));
            next = sender;
        }
        places.push(tokio::spawn(hop(last, next)));
        Ring { first, places }
    }

    async fn pass(ring: &Ring, hops: u64) {
        ring.first
            .send(Hop::Pass(hops))
            .await
            .expect("the ring runs");
    }

    async fn plain(&self) -> Option<Self::Plain> {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        Some((sender, tokio::spawn(count(receiver))))
    }

    async fn end((address, task): Self::Plain) {
        drop(address);
        task.await.expect("it does not panic");
    }

    async fn group(&self, names: &[String]) -> Option<Group> {
        let group = Group::default();
        for name in names {
            group.start(name);
        }
        Some(group)
    }

    async fn add(group: &Group, name: &String) {
        group.start(name);
    }

    async fn remove(group: &Group, name: &String) {
        let keeper = group.leave(name).expect("it runs");
        keeper.await.expect("it does not panic");
    }

    fn lookup(group: &Group, name: &String) -> Option<Address> {
        let addresses = group
            .0
            .addresses
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        addresses.get(name).cloned()
    }

    async fn crash(address: &Address) {
        address.send(Message::Crash).await.expect("the task runs");
    }

    async fn answer(address: &Address) -> Option<i64> {
        let (reply, answer) = oneshot::channel();
        address.send(Message::Add(0, reply)).await.ok()?;
        answer.await.ok()
    }

    async fn close(group: Group) {
        group
            .0
            .addresses
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        let keepers = std::mem::take(
            &mut *group
                .0
                .keepers
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        for keeper in keepers.into_values() {
            keeper.await.expect("it does not panic");
        }
    }

    async fn flood(&self, casts: usize) -> Option<[Duration; 2]> {
        let (sender, receiver) = mpsc::channel(casts);
        let begun = Instant::now();
        for _ in 0..casts {
            sender.send(Message::Note(1)).await.expect("there is room");
        }
        let sent = begun.elapsed();
        drop(sender);
        let begun = Instant::now();
        count(receiver).await;
        Some([sent, begun.elapsed()])
    }
}

fn main() -> ExitCode {
    if variant() == "raw-deadline" {
        serve::<Raw<true>>()
    } else {
        serve::<Raw<false>>()
    }
}
