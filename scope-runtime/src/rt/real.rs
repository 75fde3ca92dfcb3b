//! Std, tokio and oneshot as they are.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
pub(crate) use std::sync::{
    Mutex, MutexGuard, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
pub(crate) use std::thread_local;
pub(crate) use tokio::sync::Notify;
pub(crate) use tokio::task::AbortHandle;
pub(crate) use tokio::time::{Instant, Sleep, sleep, sleep_until};

use std::future::{Future, pending};
use std::thread;

use tokio::runtime;

/// Places for one value.
pub(crate) mod oneshot {
    pub(crate) use ::oneshot::{AsyncReceiver as Receiver, Sender, async_channel as channel};
}

/// Makes a static whose value is made at its first use.
macro_rules! global {
    (static $name:ident: $type:ty = $value:expr;) => {
        static $name: std::sync::LazyLock<$type> = std::sync::LazyLock::new(|| $value);
    };
}
pub(crate) use global;

/// Spawns on the current runtime. Who calls it owns the task and says when it ends.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where tasks are made"
    )]
    tokio::spawn(task).abort_handle()
}

/// A runtime that tasks can be started on from anywhere.
#[derive(Clone)]
pub(crate) struct Runtime(runtime::Handle);

impl Runtime {
    /// The one that this runs on, if it runs on one.
    pub(crate) fn current() -> Option<Self> {
        runtime::Handle::try_current().ok().map(Self)
    }

    /// A new one that does nothing but keep time, on a thread of its own; `None` if the system has none left.
    pub(crate) fn with_own_thread() -> Option<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.ok()?;
        let handle = runtime.handle().clone();
        let thread = thread::Builder::new().name("scope-deadlines".to_owned());
        // It ends with the program.
        drop(
            thread
                .spawn(move || runtime.block_on(pending::<()>()))
                .ok()?,
        );
        Some(Self(handle))
    }

    /// Tells it from any other.
    pub(crate) fn id(&self) -> runtime::Id {
        self.0.id()
    }

    /// Starts a task that ends by itself on this runtime; it is dropped at once if that is gone.
    pub(crate) fn run_there(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.0.spawn(task));
    }

    /// Starts a task that ends by itself: on the runtime that this is called on, or on this one.
    pub(crate) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        let here = runtime::Handle::try_current();
        drop(here.as_ref().unwrap_or(&self.0).spawn(task));
    }
}

/// The id of a runtime.
pub(crate) type RuntimeId = runtime::Id;

/// True if a test has paused the time: the system's clock goes on, tokio's does not.
pub(crate) fn stands_still() -> bool {
    let real = || {
        #[expect(
            clippy::disallowed_methods,
            reason = "what tokio's clock is compared with"
        )]
        std::time::Instant::now()
    };
    let (paused, began) = (Instant::now(), real());
    while real() == began {}
    Instant::now() == paused
}
