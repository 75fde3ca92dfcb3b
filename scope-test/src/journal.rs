//! A journal of what happened, in order.

use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

/// How long [`Journal::next`] waits, of the test's time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Records what happened, in order: services note, the test reads.
///
/// Clones write into the same journal. A note is read once. Notes are texts unless `T` says
/// otherwise.
///
/// # Examples
/// ```
/// use scope_test::{Journal, Settings, TestContext, run};
///
/// run(Settings::new("journal"), async |_: TestContext| {
///     let journal: Journal = Journal::new();
///     journal.note("one");
///     journal.note("two");
///     assert_eq!(journal.next().await, "one");
///     journal.note("three");
///     assert_eq!(journal.take(), ["two", "three"]);
/// });
/// ```
pub struct Journal<T = String> {
    pages: Arc<Pages<T>>,
}

impl<T> Clone for Journal<T> {
    fn clone(&self) -> Self {
        Self {
            pages: self.pages.clone(),
        }
    }
}

impl<T> Default for Journal<T> {
    fn default() -> Self {
        Self {
            pages: Arc::new(Pages {
                notes: Mutex::default(),
                written: Notify::new(),
            }),
        }
    }
}

struct Pages<T> {
    notes: Mutex<VecDeque<T>>,
    written: Notify,
}

impl<T: Send + 'static> Journal<T> {
    /// Makes an empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a note.
    pub fn note(&self, note: impl Into<T>) {
        // Converted outside of the lock: that is foreign code.
        let note = note.into();
        self.notes().push_back(note);
        self.pages.written.notify_one();
    }

    /// All notes that nobody has read, oldest first.
    pub fn take(&self) -> Vec<T> {
        self.notes().drain(..).collect()
    }

    /// The oldest note that nobody has read; waits for one if there is none.
    ///
    /// # Panics
    /// After ten seconds of the test's time, which pass at once where time is paused and nobody
    /// has anything to do.
    ///
    /// # Cancel safety
    /// Dropping the future takes no note.
    #[track_caller]
    pub fn next(&self) -> impl Future<Output = T> + use<T> {
        let (journal, place) = (self.clone(), Location::caller());
        async move {
            let Ok(note) = timeout(PATIENCE, journal.read()).await else {
                panic!("{place}: nothing was noted within {PATIENCE:?}");
            };
            note
        }
    }

    async fn read(&self) -> T {
        loop {
            if let Some(note) = self.notes().pop_front() {
                return note;
            }
            // A note between the look and the wait leaves a permit here, so none is missed.
            self.pages.written.notified().await;
        }
    }

    fn notes(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.pages
            .notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: fmt::Debug + Send + 'static> fmt::Debug for Journal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Journal").field(&*self.notes()).finish()
    }
}
