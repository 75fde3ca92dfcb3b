//! What grows, or should not, with the number of services.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::{each, settle};
use crate::contestant::{Contestant, name};

const CALLS: usize = 5_000;
const CRASHES: usize = 50;
const SURVEYS: usize = 3;

/// Among so many: the time of a call, of a lookup and a call, of a crash until the next answer, and of a view of all,
/// for each.
pub(super) async fn among<C: Contestant>(contestant: &C, size: usize) -> Option<Vec<f64>> {
    let names: Vec<String> = (0..size).map(name).collect();
    let group = contestant.group(&names).await?;
    ready::<C>(&group, &names).await;
    settle(size).await;
    // Strides through all of them, as callers in a real system would, in no order that the caches foresee.
    let order: Vec<&String> = (0..CALLS).map(|turn| &names[turn * 7_919 % size]).collect();
    let call = {
        let first = C::lookup(&group, &names[0])?;
        time_calls::<C>(|_| first.clone(), &order).await
    };
    let find = |name: &String| C::lookup(&group, name).expect("it runs");
    // The first time, every mailbox gets its memory.
    let _cold = time_calls::<C>(find, &order).await;
    let lookup = time_calls::<C>(find, &order).await;
    let crash = crash::<C>(&group, &names[size / 2]).await;
    let mut figures = vec![each(call, CALLS), each(lookup, CALLS), each(crash, CRASHES)];
    figures.extend(survey::<C>(&group));
    C::close(group).await;
    Some(figures)
}

/// Waits until the last one answers: those before it run too, as tasks run in the order in which they were spawned.
async fn ready<C: Contestant>(group: &C::Group, names: &[String]) {
    let last = names.last().expect("there are some");
    let address = C::lookup(group, last).expect("it runs");
    C::call(&address, 0).await;
}

async fn time_calls<C: Contestant>(
    find: impl Fn(&String) -> C::Address,
    order: &[&String],
) -> Duration {
    let begun = Instant::now();
    for name in order {
        C::call(&find(name), 1).await;
    }
    begun.elapsed()
}

/// Crashes one again and again, and waits each time until its successor answers: under its name, or at the old address
/// while that stands for nobody.
async fn crash<C: Contestant>(group: &C::Group, name: &String) -> Duration {
    let mut address = C::lookup(group, name).expect("it runs");
    let begun = Instant::now();
    for _ in 0..CRASHES {
        C::crash(&address).await;
        loop {
            address = C::lookup(group, name).unwrap_or(address);
            if C::answer(&address).await.is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    begun.elapsed()
}

fn survey<C: Contestant>(group: &C::Group) -> Option<f64> {
    let begun = Instant::now();
    let mut seen = 0;
    for _ in 0..SURVEYS {
        seen += black_box(C::survey(group)?);
    }
    Some(each(begun.elapsed(), seen))
}

/// A supervisor of so many: its start for each, one crash until the next answer, its stop for each.
pub(super) async fn children<C: Contestant>(contestant: &C, size: usize) -> Option<Vec<f64>> {
    let names: Vec<String> = (0..size).map(name).collect();
    let begun = Instant::now();
    let group = contestant.group(&names).await?;
    ready::<C>(&group, &names).await;
    let start = begun.elapsed();
    settle(size).await;
    let crash = crash::<C>(&group, &names[size / 2]).await;
    let begun = Instant::now();
    C::close(group).await;
    let stop = begun.elapsed();
    Some(vec![
        each(start, size),
        each(crash, CRASHES),
        each(stop, size),
    ])
}
