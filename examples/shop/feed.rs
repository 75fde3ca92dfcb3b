//! Feeds the orders to the shop, whatever happens there meanwhile.
//!
//! Each order is tried until the ledger knows what became of it. An order that crashed a worker
//! twice is rejected; whatever else goes wrong is tried again, after a pause that grows, but not for
//! ever. As the ledger decides an order once, trying again never counts one twice.

use std::sync::Arc;
use std::time::Duration;

use scope::{CallError, SupervisorError, Task};

use crate::orders::Order;
use crate::services::OrderError;
use crate::tree::Shop;

/// How many orders are on their way at once.
const LANES: usize = 8;
/// How many crashes an order may cause.
const STRIKES: usize = 2;
/// With the pauses between them, two to three seconds.
const ATTEMPTS: usize = 30;
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug, thiserror::Error)]
pub(crate) enum FeedError {
    #[error("order {0} could not be placed: {1}")]
    Order(u64, String),
    #[error("a lane failed: {0}")]
    Lane(String),
}

/// What all lanes share.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    pub(crate) shop: Shop,
    pub(crate) orders: Arc<[Order]>,
    /// How long to wait before each order.
    pub(crate) pace: Duration,
}

impl Feed {
    /// Returns when every order is sold or rejected; never, if the tree stops meanwhile: race it
    /// with the end of the tree.
    pub(crate) async fn run(&self) -> Result<(), FeedError> {
        let mut lanes = Vec::new();
        for lane in 0..LANES {
            lanes.push(self.start(lane).await?);
        }
        for (lane, mut task) in lanes.into_iter().enumerate() {
            loop {
                match task.await {
                    Ok(fed) => break fed?,
                    Err(panic) if panic.is_panic() => {
                        return Err(FeedError::Lane(panic.to_string()));
                    }
                    // A restart of what came before it took the lane along: feed it again.
                    Err(_) => task = self.start(lane).await?,
                }
            }
        }
        Ok(())
    }

    /// Starts a lane, as soon as there is somebody who runs it.
    async fn start(&self, lane: usize) -> Result<Task<Result<(), FeedError>>, FeedError> {
        loop {
            let feed = self.clone();
            match self
                .shop
                .lanes()
                .spawn(async move { feed.lane(lane).await })
                .await
            {
                Ok(task) => return Ok(task),
                Err(SupervisorError::NoProc) => tokio::time::sleep(LONGEST_PAUSE).await,
                Err(error) => return Err(FeedError::Lane(error.to_string())),
            }
        }
    }

    async fn lane(&self, lane: usize) -> Result<(), FeedError> {
        for order in self.orders.iter().skip(lane).step_by(LANES) {
            // Even a sleep of no time takes a millisecond.
            if !self.pace.is_zero() {
                tokio::time::sleep(self.pace).await;
            }
            self.decide(order).await?;
        }
        Ok(())
    }

    /// Sees to it that the ledger decides this order.
    async fn decide(&self, order: &Order) -> Result<(), FeedError> {
        let (mut strikes, mut pause) = (0, FIRST_PAUSE);
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            match self.place(order).await {
                Ok(_receipt) => return Ok(()),
                Err(OrderError::Unavailable(why)) => last = why,
                Err(OrderError::Crashed(reason)) => {
                    strikes += 1;
                    last = reason.to_string();
                }
            }
            if strikes >= STRIKES && self.reject(order, &last).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
        Err(FeedError::Order(order.id, last))
    }

    async fn place(&self, order: &Order) -> Result<String, OrderError> {
        let customers = self.shop.customers();
        let customer = customers
            .get_or_start(order.customer.clone())
            .await
            .map_err(|error| OrderError::Unavailable(error.to_string()))?;
        Ok(customer.place(order.clone()).await?)
    }

    async fn reject(&self, order: &Order, why: &str) -> Result<(), CallError> {
        self.shop.ledger().reject(order.id, why).await
    }
}
