//! Memory, allocations and instructions.

use std::sync::Arc;

use super::settle;
use crate::contestant::{Contestant, Host, name};
use crate::request::Measure;

/// The bytes of one idle counter among so many: of the heap where the build counts, otherwise of the process.
pub(crate) fn memory<C: Contestant>(
    host: &C::Host,
    contestant: &Arc<C>,
    supervised: bool,
    size: usize,
) -> Option<Vec<f64>> {
    // The names are the caller's.
    let names: Vec<String> = (0..size).map(name).collect();
    let mut kept: Vec<C::Plain> = Vec::with_capacity(size);
    let mut group = None;
    let bytes = weighed(|| {
        host.block_on(async {
            if supervised {
                group = contestant.group(&names).await;
            } else {
                for _ in 0..size {
                    kept.extend(contestant.plain().await);
                }
            }
            settle(size).await;
        });
    });
    let started = kept.len() == size || group.is_some();
    #[expect(
        clippy::cast_precision_loss,
        reason = "no number of bytes here comes near to 2^52"
    )]
    started.then(|| vec![bytes as f64 / size as f64])
}

#[cfg(feature = "count")]
fn weighed(work: impl FnOnce()) -> i64 {
    allocation_counter::measure(work).bytes_current
}

#[cfg(not(feature = "count"))]
fn weighed(work: impl FnOnce()) -> i64 {
    let before = resident();
    work();
    resident() - before
}

/// The bytes of this process that are in memory, as Linux counts them.
#[cfg(not(feature = "count"))]
fn resident() -> i64 {
    const PAGE: i64 = 4_096;
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split_whitespace().nth(1)?.parse::<i64>().ok());
    pages.unwrap_or(0) * PAGE
}

/// So many messages, or lives, from the task that waits for them; nothing, if there is no such thing.
async fn messages<C: Contestant>(
    contestant: &C,
    measure: Measure,
    address: &C::Address,
    count: usize,
) -> Option<()> {
    match measure {
        Measure::Calls => {
            for _ in 0..count {
                C::call(address, 1).await;
            }
        }
        Measure::Casts => {
            for _ in 0..count {
                C::cast(address, 1).await;
            }
            C::call(address, 0).await;
        }
        Measure::Spawn => {
            for _ in 0..count {
                C::end(contestant.plain().await?).await;
            }
        }
        _ => {
            let group = contestant.group(&[]).await?;
            let names: Vec<String> = (0..count).map(name).collect();
            for name in &names {
                C::add(&group, name).await;
                C::remove(&group, name).await;
            }
            C::close(group).await;
        }
    }
    Some(())
}

/// Allocations and their bytes for a call, a cast, a spawn and a supervised spawn; not a number for what there is not.
#[cfg(feature = "count")]
pub(crate) fn allocations<C: Contestant>(
    host: &C::Host,
    contestant: &Arc<C>,
    count: usize,
) -> Option<Vec<f64>> {
    let address = host.block_on(contestant.counter());
    let run = |measure, count| {
        let mut done = None;
        let info = allocation_counter::measure(|| {
            done = host.block_on(messages(&**contestant, measure, &address, count));
        });
        done.map(|()| [info.count_total, info.bytes_total])
    };
    // A message that takes longer than any before makes a histogram grow: not three times in a row.
    let least = |measure, count| {
        run(measure, count);
        [
            run(measure, count),
            run(measure, count),
            run(measure, count),
        ]
        .into_iter()
        .min()
        .flatten()
    };
    let kinds = [
        Measure::Calls,
        Measure::Casts,
        Measure::Spawn,
        Measure::SpawnSupervised,
    ];
    let figures = kinds.into_iter().flat_map(|measure| {
        let Some((few, many)) = least(measure, count).zip(least(measure, 2 * count)) else {
            return [f64::NAN; 2];
        };
        #[expect(
            clippy::cast_precision_loss,
            reason = "no count here comes near to 2^52"
        )]
        std::array::from_fn(|place| (many[place] as f64 - few[place] as f64) / count as f64)
    });
    Some(figures.collect())
}

/// The build does not count.
#[cfg(not(feature = "count"))]
pub(crate) fn allocations<C: Contestant>(_: &C::Host, _: &Arc<C>, _: usize) -> Option<Vec<f64>> {
    None
}

/// Runs so many once, for a profiler that counts what happens inside [`counted_section`].
pub(crate) fn once<C: Contestant>(
    host: &C::Host,
    contestant: &Arc<C>,
    measure: Measure,
    count: usize,
) {
    const WARM_UP: usize = 1_000;
    let address = host.block_on(contestant.counter());
    let known = host.block_on(messages(&**contestant, measure, &address, WARM_UP));
    known.and_then(|()| counted_section::<C>(host, contestant, measure, &address, count));
}

/// Nothing in it may have a name of its own: what is called by one that contains this one's is not counted.
#[inline(never)]
fn counted_section<C: Contestant>(
    host: &C::Host,
    contestant: &Arc<C>,
    measure: Measure,
    address: &C::Address,
    count: usize,
) -> Option<()> {
    host.block_on(in_a_task(
        contestant.clone(),
        measure,
        address.clone(),
        count,
    ))
}

/// The messages from a task of their own, as in the rounds that are timed: the runtime looks after its driver whenever
/// the task that it was given to wait for is woken, and that would be most of what is counted.
async fn in_a_task<C: Contestant>(
    contestant: Arc<C>,
    measure: Measure,
    address: C::Address,
    count: usize,
) -> Option<()> {
    let work = async move { messages(&*contestant, measure, &address, count).await };
    C::task(work).await.expect("it does not panic")
}
