//! The services that tests observe.

use scope_runtime::{Namespace, Running};
use tokio::sync::watch;

use crate::scope::{handlers, service, supervisor};

/// Something that can be called, can crash, be ill, and be kept busy.
#[service(crate = crate::scope, debug)]
#[derive(Debug)]
pub(crate) struct Till {
    cents: u64,
    ill: Option<String>,
}

#[handlers(crate = crate::scope)]
impl Till {
    #[init]
    fn init() -> Self {
        Self {
            cents: 0,
            ill: None,
        }
    }

    #[call]
    fn sell(&mut self, cents: u64) -> Result<u64, String> {
        self.cents = self.cents.checked_add(cents).ok_or("full")?;
        Ok(self.cents)
    }

    #[cast]
    fn crash(&mut self) {
        panic!("no change");
    }

    #[call]
    fn fall_ill(&mut self, why: Option<String>) {
        self.ill = why;
    }

    /// Is busy until the sender says `true`.
    #[call(timeout = "60s")]
    async fn keep_busy(&mut self, mut until: watch::Receiver<bool>) {
        assert!(until.wait_for(|over| *over).await.is_ok());
    }

    #[health(optional)]
    fn is_well(&self) -> Result<(), String> {
        self.ill.clone().map_or(Ok(()), Err)
    }

    #[health]
    fn stands(&self) -> bool {
        self.ill.as_deref() != Some("dead")
    }

    #[memory]
    fn bytes(&self) -> u64 {
        4711
    }
}

/// One of many.
#[service(crate = crate::scope)]
#[derive(Debug)]
pub(crate) struct Cart {
    items: u32,
}

#[handlers(crate = crate::scope)]
impl Cart {
    #[init]
    fn init(_id: u32) -> Self {
        Self { items: 0 }
    }

    #[call]
    fn add(&mut self) -> u32 {
        self.items += 1;
        self.items
    }

    #[cast]
    fn burst(&mut self) {
        panic!("too much");
    }
}

supervisor! {
    #![scope(crate = crate::scope)]
    pub(crate) supervisor Market {
        strategy: one_for_one,
        intensity: 100 in "5s",
        till: Till(),
        carts: dynamic Cart(id) by id: u32 { intensity: 100 in "5s" },
    }
}

/// Takes its time to end: until the sender says `true`.
#[service(crate = crate::scope, shutdown = "60s")]
#[derive(Debug)]
pub(crate) struct Slow {
    until: watch::Receiver<bool>,
}

#[handlers(crate = crate::scope)]
impl Slow {
    #[init]
    fn init(until: watch::Receiver<bool>) -> Self {
        Self { until }
    }

    #[terminate]
    async fn terminate(&mut self) {
        assert!(self.until.wait_for(|over| *over).await.is_ok());
    }
}

supervisor! {
    #![scope(crate = crate::scope)]
    pub(crate) supervisor Slowly(until: watch::Receiver<bool>) {
        strategy: one_for_one,
        slow: Slow(until.clone()),
    }
}

/// Takes its time to start: while the sender says `false`.
#[service(crate = crate::scope)]
#[derive(Debug)]
pub(crate) struct Ledger;

#[handlers(crate = crate::scope)]
impl Ledger {
    #[init]
    async fn init(mut open: watch::Receiver<bool>) -> Self {
        assert!(open.wait_for(|open| *open).await.is_ok());
        Self
    }

    #[memory]
    fn bytes(&self) -> u64 {
        42
    }
}

supervisor! {
    #![scope(crate = crate::scope)]
    pub(crate) supervisor Bank(open: watch::Receiver<bool>) {
        strategy: one_for_one,
        first_book: Ledger(open.clone()),
    }
}

/// Its check may take long, and a report on it with that.
#[service(crate = crate::scope)]
#[derive(Debug)]
pub(crate) struct Thinker;

#[handlers(crate = crate::scope)]
impl Thinker {
    #[init]
    fn init() -> Self {
        Self
    }

    /// Is busy until the sender says `true`.
    #[call(timeout = "60s")]
    async fn think(&mut self, mut until: watch::Receiver<bool>) {
        assert!(until.wait_for(|over| *over).await.is_ok());
    }

    #[health(timeout = "15s")]
    fn is_done(&self) {}
}

supervisor! {
    #![scope(crate = crate::scope)]
    pub(crate) supervisor Study {
        strategy: one_for_one,
        thinker: Thinker(),
    }
}

supervisor! {
    #![scope(crate = crate::scope)]
    /// Has nobody to ask.
    pub(crate) supervisor Empty {
        strategy: one_for_one,
    }
}

/// A market in a namespace of its own.
pub(crate) async fn market(name: &str) -> (Namespace, Running<Market>) {
    let namespace = Namespace::test(name);
    let market = Market::start_in(namespace.clone())
        .await
        .expect("it starts");
    (namespace, market)
}
