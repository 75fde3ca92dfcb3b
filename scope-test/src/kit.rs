//! What the kit owns of a test, and how it takes it down.
//!
//! # Protocol
//! The test's future is dropped first, then the trees are stopped one after the other, the last
//! one first. A tree that does not stop in time is killed, so that the others still get their
//! turn. What remains in the namespace after that is a leak; it is reported, and goes with the
//! runtime.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use scope_runtime::{ChildType, ExitReason, Namespace, Pid, Root};
use tokio::time::{sleep, timeout};

/// How long processes that belong to no tree of the kit may take to end: a tree that the test
/// dropped may have a child that is killed only after five seconds.
const LEAK_PATIENCE: Duration = Duration::from_secs(6);
const LEAK_INTERVAL: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(crate) struct Kit {
    namespace: Namespace,
    /// In start order.
    roots: Mutex<Vec<Root>>,
    services: AtomicU64,
}

/// What was wrong when the test had ended. It prints as the report.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A tree did not stop in time; the processes that were left of it.
    Hangs {
        path: String,
        within: Duration,
        left: Vec<Pid>,
    },
    /// Processes of the test's namespace that outlived everything.
    Leaked(Vec<Pid>),
}

impl Kit {
    /// A kit with a namespace that nobody else has.
    pub(crate) fn new(test: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Relaxed: only uniqueness matters.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            namespace: Namespace::test(format!("{test}-{number}")),
            roots: Mutex::default(),
            services: AtomicU64::new(1),
        }
    }

    pub(crate) fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The number of the next service that has a supervisor of its own.
    pub(crate) fn next_service(&self) -> u64 {
        self.services.fetch_add(1, Ordering::Relaxed)
    }

    /// Stops `root` when the test has ended.
    pub(crate) fn own(&self, root: Root) {
        self.roots().push(root);
    }

    /// Stops everything, and looks for what is left.
    pub(crate) async fn take_down(&self, within: Duration) -> Vec<Failure> {
        let mut failures = Vec::new();
        while let Some(root) = self.last_root() {
            failures.extend(self.stop(root, within).await);
        }
        failures.extend(self.leak().await);
        failures
    }

    async fn stop(&self, root: Root, within: Duration) -> Option<Failure> {
        let pid = root.pid().clone();
        if timeout(within, root.stop(ExitReason::Shutdown))
            .await
            .is_ok()
        {
            return None;
        }
        let left = self.below(&pid);
        for process in &left {
            process.kill();
        }
        Some(Failure::Hangs {
            path: pid.path().to_owned(),
            within,
            left,
        })
    }

    /// The live processes of the tree under `root`, itself included.
    fn below(&self, root: &Pid) -> Vec<Pid> {
        let inside = format!("{}/", root.path());
        let mut processes = self.namespace.processes();
        processes.retain(|process| process == root || process.path().starts_with(&inside));
        processes
    }

    async fn leak(&self) -> Option<Failure> {
        let all_gone = async {
            while self.namespace.process_count() > 0 {
                sleep(LEAK_INTERVAL).await;
            }
        };
        if timeout(LEAK_PATIENCE, all_gone).await.is_ok() {
            return None;
        }
        Some(Failure::Leaked(self.namespace.processes()))
    }

    fn last_root(&self) -> Option<Root> {
        self.roots().pop()
    }

    fn roots(&self) -> MutexGuard<'_, Vec<Root>> {
        self.roots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hangs { path, within, left } => {
                write!(f, "`{path}` did not stop within {within:?}; still alive:")?;
                list(f, left)
            }
            Self::Leaked(left) => {
                let (number, noun) = match left.len() {
                    1 => (1, "process"),
                    many => (many, "processes"),
                };
                write!(f, "{number} {noun} outlived the test:")?;
                list(f, left)?;
                f.write_str(
                    "\nstart them through the test's context, or stop them before the test ends",
                )
            }
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, processes: &[Pid]) -> fmt::Result {
    for process in processes {
        let kind = match process.child_type() {
            ChildType::Worker => "worker",
            ChildType::Supervisor => "supervisor",
        };
        f.write_char('\n')?;
        write!(f, "  {kind} {}", process.path())?;
    }
    Ok(())
}
