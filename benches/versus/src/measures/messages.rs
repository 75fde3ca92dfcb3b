//! Calls, casts, and a message that goes round a ring.

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::each;
use crate::contestant::{Contestant, RING};

/// Few, so that now and then nothing else runs on a busy machine meanwhile.
const MESSAGES: usize = 4_096;
const WARM_UP: usize = 1_000;
const HOPS: usize = 4_000;

/// A counter that has handled messages before.
async fn warm<C: Contestant>(contestant: &C) -> C::Address {
    let address = contestant.counter().await;
    for _ in 0..WARM_UP {
        C::call(&address, 1).await;
    }
    address
}

/// The time of one call, with so many callers at once.
pub(super) async fn calls<C: Contestant>(contestant: &C, callers: usize) -> f64 {
    let address = warm(contestant).await;
    let begun = Instant::now();
    let work = |address: C::Address, count| async move {
        for _ in 0..count {
            C::call(&address, 1).await;
        }
    };
    let sent = spread::<C, _>(&address, callers, work).await;
    each(begun.elapsed(), sent)
}

/// The time of one cast, with so many producers at once, until all are handled.
pub(super) async fn casts<C: Contestant>(contestant: &C, producers: usize) -> f64 {
    let address = warm(contestant).await;
    let begun = Instant::now();
    let work = |address: C::Address, count| async move {
        for _ in 0..count {
            C::cast(&address, 1).await;
        }
    };
    let sent = spread::<C, _>(&address, producers, work).await;
    // What was cast before is handled before this.
    C::call(&address, 0).await;
    each(begun.elapsed(), sent)
}

/// Spreads the messages over tasks and waits for them; gives how many were sent.
async fn spread<C: Contestant, F: Future<Output = ()> + Send + 'static>(
    address: &C::Address,
    senders: usize,
    work: impl Fn(C::Address, usize) -> F,
) -> usize {
    let share = MESSAGES / senders;
    let tasks: Vec<JoinHandle<()>> = (0..senders)
        .map(|_| C::task(work(address.clone(), share)))
        .collect();
    for task in tasks {
        task.await.expect("a sender does not panic");
    }
    share * senders
}

/// The time of one hop in a ring of so many.
pub(super) async fn ring<C: Contestant>(contestant: &C, size: usize) -> f64 {
    let ring = contestant.ring(size).await;
    let mut taken = Duration::ZERO;
    // The first time, every mailbox gets its memory.
    for hops in [size, HOPS] {
        let begun = Instant::now();
        C::pass(&ring, hops as u64).await;
        RING.notified().await;
        taken = begun.elapsed();
    }
    each(taken, HOPS)
}

/// The times to send and to handle one of so many that wait.
pub(super) async fn depth<C: Contestant>(contestant: &C, depth: usize) -> Option<Vec<f64>> {
    let taken = contestant.flood(depth).await?;
    Some(taken.map(|taken| each(taken, depth)).to_vec())
}
