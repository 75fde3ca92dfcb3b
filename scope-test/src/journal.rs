//! A journal of what happened, in order.

use std::collections::VecDeque;
use std::fmt::{self, Display};
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

/// How long [`Journal::next`] waits, of the test's time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Records what happened, in order: services note, the test reads.
///
/// Clones write into the same journal. A note is read once.
///
/// # Examples
/// ```
/// use scope_test::{Journal, Settings, TestContext, run};
///
/// run(Settings::new("journal"), async |_: TestContext| {
///     let journal = Journal::new();
///     journal.note("one");
///     journal.note(2);
///     assert_eq!(journal.next().await, "one");
///     journal.note("three");
///     assert_eq!(journal.take(), ["2", "three"]);
/// });
/// ```
#[derive(Clone, Default)]
pub struct Journal {
    pages: Arc<Pages>,
}

#[derive(Default)]
struct Pages {
    notes: Mutex<VecDeque<String>>,
    written: Notify,
}

impl Journal {
    /// Makes an empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a note.
    pub fn note(&self, note: impl Display) {
        // Formatted outside of the lock: it may note something itself.
        let note = note.to_string();
        self.notes().push_back(note);
        self.pages.written.notify_one();
    }

    /// All notes that nobody has read, oldest first.
    pub fn take(&self) -> Vec<String> {
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
    pub fn next(&self) -> impl Future<Output = String> + use<> {
        let (journal, place) = (self.clone(), Location::caller());
        async move {
            let Ok(note) = timeout(PATIENCE, journal.read()).await else {
                panic!("{place}: nothing was noted within {PATIENCE:?}");
            };
            note
        }
    }

    async fn read(&self) -> String {
        loop {
            if let Some(note) = self.notes().pop_front() {
                return note;
            }
            // A note between the look and the wait leaves a permit here, so none is missed.
            self.pages.written.notified().await;
        }
    }

    fn notes(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.pages
            .notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Journal").field(&*self.notes()).finish()
    }
}
