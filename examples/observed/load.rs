//! What keeps the shop busy.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::services::Shop;

/// Between two orders.
const PACE: Duration = Duration::from_millis(2);

/// Between two orders that the till does not survive.
const CRASHES: Duration = Duration::from_secs(3);

/// Orders, for so long or for ever.
pub(crate) async fn run(shop: &Shop, time: Option<Duration>) {
    let begun = Instant::now();
    let (mut orders, mut crash) = (interval(PACE), begun + CRASHES / 2);
    orders.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut number: u64 = 0;
    while time.is_none_or(|time| begun.elapsed() < time) {
        let now = orders.tick().await;
        number += 1;
        let cents = (number * 7919) % 10_000;
        let pieces = if now >= crash { 0 } else { 1 + number % 3 };
        if pieces == 0 {
            crash = now + CRASHES;
        }
        // What fails is in the statistics.
        let _sold = shop.till().sell(cents, pieces).await;
        if number.is_multiple_of(10)
            && let Ok(basket) = shop.baskets().get_or_start(1 + number % 20).await
        {
            let _items = basket.add().await;
        }
    }
}
