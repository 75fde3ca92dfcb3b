//! Where long answers are put together: on one thread that is no worker of the runtime.
//!
//! Ten thousand tenants take a while to read. Services must not wait for that on their workers, nor
//! share the processors with many who do it at once.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::Problem;

/// See the module.
#[derive(Debug)]
pub(crate) struct Desk {
    place: Arc<Semaphore>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            place: Arc::new(Semaphore::new(1)),
        }
    }

    /// Does this work when its turn comes. Once begun, it is done to the end.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let failed = || Problem::unavailable("this can't be answered now");
        let place = self.place.clone().acquire_owned().await;
        let place = place.map_err(|_| failed())?;
        let done = spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.map_err(|_| failed())
    }
}
