//! What `tests/ide.rs` looks at. `/*mark*/` stands before the token that a test calls `mark`.

mod half_typed;

use scope::prelude::*;

/// Keeps the balance of the shop.
#[service(
    /*restart*/restart = /*transient*/transient,
    /*mailbox*/mailbox(/*capacity*/capacity = 8, overload = /*reject*/reject, /*keep*/keep),
    /*call_timeout*/call_timeout = /*infinity*/infinity,
    layer = /*business*/business,
)]
pub struct /*Ledger*/Ledger {
    balance: i64,
}

#[handlers]
impl /*impl-Ledger*/Ledger {
    #[/*init*/init]
    fn open(balance: i64) -> Self {
        Self { balance }
    }

    /// Moves cents.
    #[/*call*/call(/*timeout*/timeout = "1s")]
    pub fn /*transfer*/transfer(&mut self, /*cents*/cents: i64) -> i64 {
        self.balance += /*use-cents*/cents;
        self.balance
    }

    /// Writes a note.
    #[/*cast*/cast]
    pub fn /*note*/note(&mut self, text: String) {
        self./*direct-transfer*/transfer(text.len() as i64);
    }

    #[/*every*/every("1s")]
    fn tick(&mut self, cx: &Context<Self>) {
        cx.myself()./*myself-note*/note("tick").ok();
    }
}

#[service(/*requires*/requires(/*required-Ledger*/Ledger))]
pub struct Till;

#[handlers]
impl Till {
    #[init]
    fn init() -> Self {
        Self
    }

    #[/*after_init*/after_init]
    fn look(&mut self, cx: &Context<Self>) {
        cx.monitor(&cx.service::</*monitored-Ledger*/Ledger>());
    }

    #[/*info*/info]
    fn ledger_ended(&mut self, _down: Down) {}

    #[/*terminate*/terminate]
    fn close(&mut self, _reason: &ExitReason) {}

    #[/*another-call*/call]
    async fn sell(&mut self, cents: i64, cx: &Context<Self>) -> Result<i64, CallError> {
        cx.service::</*service-Ledger*/Ledger>()./*required-transfer*/transfer(cents).await
    }
}

#[service]
pub struct Cart;

#[handlers]
impl Cart {
    #[init]
    fn init(_id: u64) -> Self {
        Self
    }

    #[call]
    pub fn /*size*/size(&self) -> usize {
        0
    }
}

supervisor! {
    /// The whole shop.
    pub supervisor Shop(/*opening*/opening: i64) {
        /*strategy*/strategy: /*one_for_one*/one_for_one,
        /*intensity*/intensity: 3 in "5s",

        /// The books.
        /*ledger*/ledger: /*child-Ledger*/Ledger(*/*use-opening*/opening) {
            /*child-restart*/restart: /*child-transient*/transient,
            /*shutdown*/shutdown: /*brutal_kill*/brutal_kill,
        },
        till: Till(),
        /*carts*/carts: dynamic Cart(/*use-id*/id) by /*id*/id: u64 { /*idle*/idle: "5m" },
        /*jobs*/jobs: tasks { /*max_children*/max_children: /*use-LIMIT*/LIMIT },
        /*web*/web: supervisor {
            strategy: /*rest_for_one*/rest_for_one,
            /*second*/second: /*second-Ledger*/Ledger(1) { /*key*/key: "second" },
        },
    }
}

const /*LIMIT*/LIMIT: usize = 8;

pub async fn uses() -> Result<(), Box<dyn std::error::Error>> {
    let shop = Shop::start(5).await?;
    let ledger: /*LedgerHandle*/LedgerHandle = shop./*shop-ledger*/ledger();
    ledger./*handle-transfer*/transfer(5).await?;
    ledger./*handle-note*/note("hello").await?;
    shop./*shop-web*/web()./*web-second*/second();
    shop./*shop-carts*/carts().get_or_start(7).await?./*handle-size*/size().await?;
    shop./*shop-jobs*/jobs().spawn(async {}).await?.await?;
    Ok(())
}
