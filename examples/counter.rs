//! The smallest service, under a supervisor of its own.
//!
//! Run it with `cargo run --example counter`; it prints `7`, and `1` after a crash.

use scope::prelude::*;
use scope::{ChildSpec, Strategy, SupervisorSpec};

/// Counts.
#[service]
#[derive(Debug)]
pub struct Counter {
    value: i64,
}

#[handlers]
impl Counter {
    #[init]
    fn new(start: i64) -> Self {
        Self { value: start }
    }

    #[call]
    fn add(&mut self, by: i64) -> i64 {
        self.value += by;
        self.value
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let spec = SupervisorSpec::new(Strategy::OneForOne)
        .child(ChildSpec::service::<Counter>("counter", || (0,)));
    let root = spec.start("Example", Namespace::production()).await?;

    let counter = Counter::via(&Namespace::production());
    counter.add(3).await?;
    println!("{}", counter.add(4).await?);

    counter.kill();
    counter.down().await;
    println!("{:?}", counter.add(1).await);

    root.stop(ExitReason::Shutdown).await;
    Ok(())
}
