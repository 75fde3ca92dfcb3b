//! Tasks that end with what owns them.

use std::future::Future;

use tokio::task::JoinHandle;

/// A task that is aborted when this is dropped.
#[derive(Debug)]
pub(crate) struct Owned {
    task: JoinHandle<()>,
}

impl Owned {
    pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is its owner")]
        let task = tokio::spawn(future);
        Self { task }
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) {
        // If it panicked, that is an end as well, and was printed.
        drop((&mut self.task).await);
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.task.abort();
    }
}
