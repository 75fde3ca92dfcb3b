//! The services. Whatever may crash holds nothing that could not be asked for again.

use std::collections::{BTreeMap, HashMap};

use scope::prelude::*;

use crate::orders::Order;
use crate::totals::{LABEL, Money, Totals};

/// Why an order was not sold.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum OrderError {
    /// A worker crashed at it.
    #[error("{0}")]
    Crashed(ExitReason),
    /// Not now: somebody is being restarted, or forgot it in a restart.
    #[error("{0}")]
    Unavailable(String),
}

impl From<CallError> for OrderError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Exited(reason) if reason.is_panic() => Self::Crashed(reason),
            error => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<CallError<Self>> for OrderError {
    fn from(error: CallError<Self>) -> Self {
        match error {
            CallError::Service(error) => error,
            CallError::Exited(reason) if reason.is_panic() => Self::Crashed(reason),
            error => Self::Unavailable(error.to_string()),
        }
    }
}

/// Knows what became of every order. It decides each one once, so that asking twice is harmless;
/// it does nothing that could crash, and so its state lives as long as the tree.
#[service]
pub(crate) struct Ledger {
    totals: Totals,
    /// What was sold, by order.
    sold: HashMap<u64, u64>,
    /// Why an order was rejected.
    rejected: BTreeMap<u64, String>,
}

#[handlers]
impl Ledger {
    #[init]
    fn new() -> Self {
        Self {
            totals: Totals::default(),
            sold: HashMap::new(),
            rejected: BTreeMap::new(),
        }
    }

    /// Sells an order, unless that was done before; gives its price.
    #[call]
    fn sell(&mut self, order: Order, cents: u64) -> u64 {
        if let Some(before) = self.sold.get(&order.id) {
            return *before;
        }
        if !self.rejected.contains_key(&order.id) {
            self.sold.insert(order.id, cents);
            self.totals.add(order, cents);
        }
        cents
    }

    /// Rejects an order, unless it was sold.
    #[call]
    fn reject(&mut self, id: u64, why: String) {
        if !self.sold.contains_key(&id) {
            self.totals.rejected.insert(id);
            self.rejected.entry(id).or_insert(why);
        }
    }

    /// What the customer has to pay so far.
    #[call]
    fn balance(&self, customer: String) -> u64 {
        self.totals.balances.get(&customer).copied().unwrap_or(0)
    }

    #[call]
    fn totals(&self) -> Totals {
        self.totals.clone()
    }

    #[call]
    fn rejected(&self) -> BTreeMap<u64, String> {
        self.rejected.clone()
    }

    #[terminate]
    fn close(&mut self, reason: &ExitReason) {
        let (sold, rejected) = (self.totals.sold, self.rejected.len());
        eprintln!("ledger stops ({reason}): {sold} orders sold, {rejected} rejected");
    }
}

/// Holds the quotes that are not settled yet. They are lost when it is restarted, and made anew.
#[service(requires(Ledger), mailbox(keep))]
pub(crate) struct Till {
    quotes: HashMap<u64, u64>,
}

#[handlers]
impl Till {
    #[init]
    fn new() -> Self {
        Self {
            quotes: HashMap::new(),
        }
    }

    /// Notes what an order will cost.
    #[call]
    fn quote(&mut self, order: u64, cents: u64) {
        self.quotes.insert(order, cents);
    }

    /// Sells an order for what was quoted; gives the price.
    #[call]
    async fn settle(&mut self, order: Order, cx: &Context<Self>) -> Result<u64, OrderError> {
        let Some(cents) = self.quotes.remove(&order.id) else {
            let why = format!("order {} has no quote", order.id);
            return Err(OrderError::Unavailable(why));
        };
        Ok(cx.service::<Ledger>().sell(order, cents).await?)
    }

    #[terminate]
    fn close(&mut self, reason: &ExitReason) {
        eprintln!("till stops ({reason}) with {} quotes", self.quotes.len());
    }
}

/// Prices orders, with a bug: it divides by the size of the pack.
///
/// `keep` lets the orders that wait here survive its crashes; only the one it crashed at does not.
#[service(requires(Till), mailbox(keep))]
pub(crate) struct Pricer {
    priced: u64,
}

#[handlers]
impl Pricer {
    #[init]
    fn new() -> Self {
        Self { priced: 0 }
    }

    /// Quotes an order at the till.
    #[call]
    async fn price(&mut self, order: Order, cx: &Context<Self>) -> Result<(), OrderError> {
        let pack = order.item.split_once('/').map(|(_, pack)| pack.parse());
        let packs = match pack {
            Some(Ok(pack)) => order.quantity.div_ceil(pack),
            Some(Err(_)) | None => order.quantity,
        };
        let cents = u64::from(packs) * u64::from(order.cents);
        self.priced += 1;
        Ok(cx.service::<Till>().quote(order.id, cents).await?)
    }

    #[terminate]
    fn close(&mut self, reason: &ExitReason) {
        eprintln!("pricer stops ({reason}) after {} orders", self.priced);
    }
}

/// One customer, started with the first order and gone when there are no more, with a bug: it cuts
/// the label of a parcel in the middle of a letter.
#[service(requires(Ledger, Pricer, Till), mailbox(keep))]
pub(crate) struct Customer {
    name: String,
    spent: u64,
}

#[handlers]
impl Customer {
    /// Learns from the ledger what the incarnations before it have spent.
    #[init]
    async fn arrive(name: String, cx: &Context<Self>) -> Result<Self, CallError> {
        let spent = cx.service::<Ledger>().balance(&name).await?;
        Ok(Self { name, spent })
    }

    /// Has an order priced and sold; gives the receipt.
    #[call]
    async fn place(&mut self, order: Order, cx: &Context<Self>) -> Result<String, OrderError> {
        let label = order.note[..order.note.len().min(LABEL)].to_owned();
        cx.service::<Pricer>().price(order.clone()).await?;
        let cents = cx.service::<Till>().settle(order).await?;
        self.spent += cents;
        let (name, spent) = (&self.name, Money(self.spent));
        Ok(format!(
            "{name} [{label}]: {}, {spent} so far",
            Money(cents)
        ))
    }
}
