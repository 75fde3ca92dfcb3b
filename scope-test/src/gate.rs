//! A gate that a test opens.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

/// Holds tasks up until it is opened: what makes a service busy for exactly as long as a test wants.
///
/// Clones are the same gate. Once open it stays open.
///
/// # Examples
/// ```
/// use scope_runtime::{ChildSpec, Strategy, SupervisorSpec};
/// use scope_test::{Gate, Journal, Settings, TestContext, run};
///
/// run(Settings::new("gate"), async |cx: TestContext| {
///     let (gate, journal) = (Gate::new(), Journal::<String>::new());
///     let (inner, notes) = (gate.clone(), journal.clone());
///     let pump = ChildSpec::task("pump", move || {
///         let (gate, journal) = (inner.clone(), notes.clone());
///         async move {
///             gate.wait().await;
///             journal.note("through");
///             std::future::pending::<()>().await
///         }
///     });
///     cx.start_spec("Pumps", SupervisorSpec::new(Strategy::OneForOne).child(pump)).await;
///
///     gate.reached().await;
///     assert!(journal.take().is_empty());
///     gate.open();
///     assert_eq!(journal.next().await, "through");
/// });
/// ```
#[derive(Clone)]
pub struct Gate {
    state: Arc<watch::Sender<State>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    open: bool,
    arrivals: usize,
}

impl Gate {
    /// Makes a closed gate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens it, for all who wait and all who come.
    pub fn open(&self) {
        self.state.send_modify(|state| state.open = true);
    }

    /// True once it is open.
    pub fn is_open(&self) -> bool {
        self.state.borrow().open
    }

    /// Waits until it is open.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing, but counts as an arrival.
    pub async fn wait(&self) {
        self.state.send_modify(|state| state.arrivals += 1);
        self.until(|state| state.open).await;
    }

    /// Waits until somebody has come to it, open or not.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn reached(&self) {
        self.until(|state| state.arrivals > 0).await;
    }

    async fn until(&self, wanted: impl Fn(&State) -> bool) {
        let mut changes = self.state.subscribe();
        let found = changes.wait_for(wanted).await.is_ok();
        debug_assert!(found, "the sender lives as long as `self`");
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            state: Arc::new(watch::Sender::new(State::default())),
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { open, arrivals } = *self.state.borrow();
        f.debug_struct("Gate")
            .field("open", &open)
            .field("arrivals", &arrivals)
            .finish()
    }
}
