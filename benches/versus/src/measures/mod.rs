//! One round of each measure.

mod crowd;
mod footprint;
mod lives;
mod messages;

use std::sync::Arc;
use std::time::Duration;

use crate::contestant::Contestant;
use crate::request::{Measure, Request};

pub(crate) use footprint::{allocations, memory, once};

/// The figures of a round that is timed.
pub(crate) async fn timed<C: Contestant>(contestant: Arc<C>, request: Request) -> Option<Vec<f64>> {
    let size = request.size;
    match request.measure {
        Measure::Calls => Some(vec![messages::calls(&*contestant, size).await]),
        Measure::Casts => Some(vec![messages::casts(&*contestant, size).await]),
        Measure::Ring => Some(vec![messages::ring(&*contestant, size).await]),
        Measure::Spawn => lives::plain(&*contestant, size).await,
        Measure::SpawnSupervised => lives::supervised(&*contestant, size).await,
        Measure::Among => crowd::among(&*contestant, size).await,
        Measure::Children => crowd::children(&*contestant, size).await,
        Measure::Depth => messages::depth(&*contestant, size).await,
        Measure::Memory | Measure::MemorySupervised | Measure::Allocations => None,
    }
}

/// Waits until so many actors have begun to wait for messages, and have nothing else to do.
async fn settle(actors: usize) {
    let micros = 5 * actors as u64 + 1_000;
    tokio::time::sleep(Duration::from_micros(micros)).await;
}

/// The nanoseconds for one of so many.
fn each(taken: Duration, count: usize) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "no count here comes near to 2^52"
    )]
    let count = count as f64;
    taken.as_secs_f64() * 1e9 / count
}
