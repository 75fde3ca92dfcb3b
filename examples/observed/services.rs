//! The services of the shop, one of which has a bug.

use std::time::Duration;

use scope::prelude::*;
use tokio::time::sleep;

/// Counts what was sold. It does nothing that could crash.
#[service]
#[derive(Default)]
pub(crate) struct Ledger {
    sales: Vec<u64>,
}

#[handlers]
impl Ledger {
    #[cast]
    fn note(&mut self, cents: u64) {
        self.sales.push(cents);
        if self.sales.len() > 10_000 {
            self.sales.clear();
        }
    }

    #[memory]
    fn bytes(&self) -> usize {
        self.sales.capacity() * size_of::<u64>()
    }
}

/// Takes money through the bank.
#[service(requires(Ledger, Bank), debug)]
#[derive(Debug, Default)]
pub(crate) struct Till {
    sold: u64,
}

#[handlers]
impl Till {
    /// The price of one piece. It did not expect that somebody orders no piece.
    #[call]
    async fn sell(&mut self, cents: u64, pieces: u64, cx: &Context<Self>) -> Result<u64, String> {
        let each = cents / pieces;
        let paid = cx.service::<Bank>().pay(cents).await;
        paid.map_err(|error| error.to_string())?;
        self.sold += pieces;
        cx.service::<Ledger>()
            .note(cents)
            .await
            .map_err(|error| error.to_string())?;
        Ok(each)
    }
}

/// Is slow now and then, and refuses large sums.
#[service(mailbox = 256)]
#[derive(Default)]
pub(crate) struct Bank {
    payments: u64,
    refused: u64,
}

#[handlers]
impl Bank {
    #[call]
    async fn pay(&mut self, cents: u64) -> Result<(), String> {
        self.payments += 1;
        if self.payments.is_multiple_of(100) {
            sleep(Duration::from_millis(20)).await;
        }
        if cents > 9_500 {
            self.refused += 1;
            return Err(format!("{cents} are too much"));
        }
        Ok(())
    }

    /// Degrades while more than a tenth of the payments is refused.
    #[health(optional)]
    fn accepts(&self) -> Result<(), String> {
        if self.refused * 10 > self.payments {
            return Err(format!(
                "{} of {} payments refused",
                self.refused, self.payments
            ));
        }
        Ok(())
    }
}

/// The basket of one customer.
#[service]
pub(crate) struct Basket {
    customer: u64,
    items: usize,
}

#[handlers]
impl Basket {
    #[init]
    fn init(customer: u64) -> Self {
        Self { customer, items: 0 }
    }

    #[call]
    fn add(&mut self) -> usize {
        self.items += 1;
        self.items
    }

    #[health]
    fn has_a_customer(&self) -> bool {
        self.customer > 0
    }
}

supervisor! {
    /// Restarts the till alone: the others keep what they know.
    pub(crate) supervisor Shop {
        strategy: one_for_one,
        intensity: 10 in "10s",
        ledger: Ledger(),
        bank: Bank(),
        till: Till(),
        baskets: dynamic Basket(customer) by customer: u64 { max_children: 100, idle: "10s" },
    }
}
