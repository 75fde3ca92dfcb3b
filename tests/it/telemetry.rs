//! What an operator sees: events, spans and log lines.

use std::time::Duration;

use scope::prelude::*;
use scope::testing::Gate;
use tracing::subscriber::DefaultGuard;

mod events;
mod logs;
mod spans;
mod unshowable;

/// Another of its kind, one way down.
#[derive(Debug, thiserror::Error)]
#[error("there is no such book")]
struct Missing;

#[service]
#[derive(Debug)]
struct Shelf {
    gate: Gate,
}

/// An order that comes later.
struct Later;

#[handlers]
impl Shelf {
    #[init]
    fn new(gate: Gate) -> Self {
        Self { gate }
    }

    #[call]
    fn find(&self, book: u32) -> Result<u32, Missing> {
        assert!(book != 13, "unlucky:\n  13");
        if book == 0 { Err(Missing) } else { Ok(book) }
    }

    #[call(plain)]
    async fn lend(&mut self, book: u32) -> u32 {
        self.gate.wait().await;
        book
    }

    #[cast]
    async fn put(&mut self, book: u32) {
        self.gate.wait().await;
        tracing::trace!(book, "put");
    }

    /// Sends itself something later.
    #[call]
    fn remind(&self, cx: &Context<Self>) {
        cx.send_after(Duration::from_secs(60), Later);
    }

    #[info]
    fn on_later(&mut self, _: Later) {
        tracing::debug!("it is later");
    }
}

/// Listens to this thread.
fn subscribe(subscriber: impl tracing::Subscriber + Send + Sync + 'static) -> DefaultGuard {
    let guard = tracing::subscriber::set_default(subscriber);
    // What another test's thread met for the first time just now may have missed it.
    tracing::callsite::rebuild_interest_cache();
    guard
}

/// A gate through which everything goes.
fn open() -> Gate {
    let gate = Gate::default();
    gate.open();
    gate
}
