//! What grows, or should not, with the number of services.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::{each, settle};
use crate::contestant::{Contestant, name};

/// What is measured in a crowd that took long to start is measured so often; the best counts.
const BATCHES: usize = 5;
const CALLS: usize = 2_000;
/// So many services stay in the caches.
const FEW: usize = 50;
const CRASHES: usize = 10;

/// Among so many: the time of a call to one, of a lookup and a call to a few in turn, of the same to many, of a
/// crash until the next answer, and of a view of all, for each.
pub(super) async fn among<C: Contestant>(contestant: &C, size: usize) -> Option<Vec<f64>> {
    let names: Vec<String> = (0..size).map(name).collect();
    let group = contestant.group(&names).await?;
    ready::<C>(&group, &names).await;
    settle(size).await;
    // In no order that the caches foresee.
    let turn = |turn: usize| &names[turn * 7_919 % size];
    let one = [turn(0); CALLS];
    let few: [&String; CALLS] = std::array::from_fn(|index| turn(index % FEW));
    let many: [&String; CALLS] = std::array::from_fn(turn);
    let mut figures = vec![f64::INFINITY; 3];
    for _ in 0..BATCHES {
        let held = {
            let held = C::lookup(&group, one[0])?;
            time_calls::<C>(|_| held.clone(), &one).await
        };
        let find = |name: &String| C::lookup(&group, name).expect("it runs");
        let found = time_calls::<C>(find, &few).await;
        let spread = time_calls::<C>(find, &many).await;
        let now = [held, found, spread].map(|taken| each(taken, CALLS));
        figures = figures
            .into_iter()
            .zip(now)
            .map(|(a, b)| a.min(b))
            .collect();
    }
    figures.push(crash::<C>(&group, &names[size / 2]).await);
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
async fn crash<C: Contestant>(group: &C::Group, name: &String) -> f64 {
    let mut address = C::lookup(group, name).expect("it runs");
    let mut best = f64::INFINITY;
    for _ in 0..BATCHES {
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
        best = best.min(each(begun.elapsed(), CRASHES));
    }
    best
}

fn survey<C: Contestant>(group: &C::Group) -> Option<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..BATCHES {
        let begun = Instant::now();
        let seen = black_box(C::survey(group)?);
        best = best.min(each(begun.elapsed(), seen));
    }
    Some(best)
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
    Some(vec![each(start, size), crash, each(stop, size)])
}
