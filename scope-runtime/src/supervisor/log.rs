//! What a tree remembers beyond the life of its supervisors.

use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::time::Duration;

use crate::exit::ExitReason;
use crate::process::{Phase, Process};
use crate::rt::{Arc, AtomicBool, Instant, Mutex, Ordering, lock};

/// How many records a tree keeps.
const KEPT: usize = 1_000;

/// One restart attempt, see [`SupervisorHandle::restarts`](crate::SupervisorHandle::restarts).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RestartRecord {
    /// The child that had failed.
    pub path: Arc<str>,
    /// Why it had ended, or why the attempt before this one failed.
    pub reason: ExitReason,
    /// How many restarts its supervisor counted within the period, with this one.
    pub count: u32,
    /// How long after the start of the tree.
    pub after: Duration,
}

impl fmt::Display for RestartRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} {}: {} (restart {})",
            self.after, self.path, self.reason, self.count
        )
    }
}

/// The last restarts of one tree and its stuck processes, shared by all its supervisors.
pub(crate) struct RestartLog {
    began: Instant,
    /// Set when the supervisor at the top has ended.
    ended: AtomicBool,
    records: Mutex<VecDeque<RestartRecord>>,
    /// Killed, but still there: nobody may start in their place.
    stuck: Mutex<Vec<Arc<Process>>>,
    /// There was one.
    has_stuck: AtomicBool,
}

impl RestartLog {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            ended: AtomicBool::new(false),
            records: Mutex::default(),
            stuck: Mutex::default(),
            has_stuck: AtomicBool::new(false),
        })
    }

    pub(super) fn note(&self, path: Arc<str>, reason: ExitReason, count: u32) {
        let record = RestartRecord {
            path,
            reason,
            count,
            after: self.began.elapsed(),
        };
        let mut records = lock(&self.records);
        let oldest = if records.len() == KEPT {
            records.pop_front()
        } else {
            None
        };
        records.push_back(record);
        drop(records);
        // Outside the lock: the reason may hold an error of the user's.
        drop(oldest);
    }

    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        // Nobody starts in their place any more, and each of them holds this log.
        let stuck = mem::take(&mut *lock(&self.stuck));
        drop(stuck);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    pub(super) fn add_stuck(&self, process: Arc<Process>) {
        lock(&self.stuck).push(process);
        self.has_stuck.store(true, Ordering::Release);
    }

    /// True while a former incarnation at this path, which is asked for if it matters, is there and cannot be ended.
    pub(super) fn is_stuck(&self, path: impl FnOnce() -> Arc<str>) -> bool {
        if !self.has_stuck.load(Ordering::Acquire) {
            return false;
        }
        let mut stuck = lock(&self.stuck);
        stuck.retain(|process| !matches!(process.phase(), Phase::Exited(_)));
        let path = path();
        stuck.iter().any(|process| *process.path() == path)
    }

    pub(super) fn records(&self) -> Vec<RestartRecord> {
        lock(&self.records).iter().cloned().collect()
    }
}

impl fmt::Debug for RestartLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RestartLog")
    }
}
