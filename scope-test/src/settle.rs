//! Waiting until nobody has anything to do.

use std::time::Duration;

/// Lets every other task run until all of them wait for something.
///
/// It sleeps for a millisecond. In a test with paused time that passes only when all tasks wait, so
/// whatever was on its way has arrived, timers of this millisecond included. In real time it is a
/// guess: there, wait for a [`Journal`](crate::Journal) or a [`Gate`](crate::Gate).
///
/// # Examples
/// ```
/// use scope_test::{Journal, Settings, TestContext, run, settle};
///
/// run(Settings::new("settle"), async |_: TestContext| {
///     let journal = Journal::<String>::new();
///     let other = journal.clone();
///     let task = tokio::spawn(async move {
///         tokio::task::yield_now().await;
///         other.note("done");
///     });
///     settle().await;
///     assert_eq!(journal.take(), ["done"]);
/// #   task.await.unwrap();
/// });
/// ```
///
/// # Cancel safety
/// Dropping the future changes nothing.
pub async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}
