//! Start and stop.

use std::time::Instant;

use super::each;
use crate::contestant::{Contestant, name};

/// The time to start and stop one counter that nobody supervises.
pub(super) async fn plain<C: Contestant>(contestant: &C, count: usize) -> Option<Vec<f64>> {
    let begun = Instant::now();
    for _ in 0..count {
        C::end(contestant.plain().await?).await;
    }
    Some(vec![each(begun.elapsed(), count)])
}

/// The time to start and stop one supervised and registered counter.
pub(super) async fn supervised<C: Contestant>(contestant: &C, count: usize) -> Option<Vec<f64>> {
    let group = contestant.group(&[]).await?;
    let names: Vec<String> = (0..count).map(name).collect();
    let begun = Instant::now();
    for name in &names {
        C::add(&group, name).await;
        C::remove(&group, name).await;
    }
    let taken = begun.elapsed();
    C::close(group).await;
    Some(vec![each(taken, count)])
}
