//! The smallest service, under a supervisor of its own.
//!
//! Run it with `cargo run --example counter`. It prints `7`; then it kills the counter and prints
//! `killed`, and `1`: the supervisor has started another one, which begins anew.
//!
//! `by_hand.rs` is the same without macros.
#![expect(clippy::print_stdout, reason = "it shows what the counter answers")]

use scope::prelude::*;

/// Counts; with `keep`, who calls it while it is restarted waits for the successor.
#[service(mailbox(keep))]
struct Counter(i64);

#[handlers]
impl Counter {
    #[init]
    fn new(start: i64) -> Self {
        Self(start)
    }

    #[call]
    fn add(&mut self, by: i64) -> i64 {
        self.0 += by;
        self.0
    }
}

supervisor! {
    supervisor Example {
        strategy: one_for_one,
        counter: Counter(0),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let example = Example::start().await?;
    let counter = example.counter();

    counter.add(3).await?;
    println!("{}", counter.add(4).await?);

    counter.kill();
    println!("{}", counter.down().await.reason);
    println!("{}", counter.add(1).await?);

    example.shutdown().await;
    Ok(())
}
