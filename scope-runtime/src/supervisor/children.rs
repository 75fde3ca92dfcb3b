//! The records of a supervisor's children, in start order.

use std::collections::{BTreeMap, HashMap};

#[cfg(feature = "retry")]
use crate::backoff::Delays;
use crate::carry::Carry;
use crate::child_spec::ChildSpec;
use crate::exit::ExitReason;
use crate::pid::Pid;
use crate::process::Process;
use crate::rt::Arc;

use super::info::{ChildInfo, ChildState};

/// The number of a child: grows in start order, never used again.
pub(super) type Key = u64;

/// What a supervisor knows of one child.
pub(super) struct Record {
    pub(super) spec: ChildSpec,
    pub(super) carry: Carry,
    pub(super) origin: Origin,
    /// Why it ended last, or why its last start failed.
    pub(super) reason: ExitReason,
    status: Status,
    #[cfg(feature = "retry")]
    pub(super) delays: Option<Box<Delays>>,
}

/// Where a child comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The spec of its supervisor: it comes back with it.
    Declared,
    /// A request: it is lost with this incarnation of its supervisor.
    Added,
}

#[derive(Clone, Debug)]
pub(super) enum Status {
    Running(Arc<Process>),
    Down,
    Restarting(Box<Retry>),
}

/// A restart that has not succeeded yet.
#[derive(Clone, Debug)]
pub(super) struct Retry {
    /// The process that ended: a dynamic instance is still known by it.
    pub(super) last: Option<u64>,
    /// The timer it waits for, if it does.
    pub(super) timer: Option<u64>,
}

impl Record {
    /// A child without a process; `carry` is what its predecessor left.
    pub(super) fn new(spec: ChildSpec, carry: Carry, origin: Origin) -> Self {
        Self {
            #[cfg(feature = "retry")]
            delays: spec
                .settings
                .backoff
                .map(|backoff| Box::new(Delays::new(backoff))),
            spec,
            carry,
            origin,
            reason: ExitReason::Normal,
            status: Status::Down,
        }
    }

    pub(super) fn status(&self) -> &Status {
        &self.status
    }

    pub(super) fn process(&self) -> Option<&Arc<Process>> {
        match &self.status {
            Status::Running(process) => Some(process),
            Status::Down | Status::Restarting(_) => None,
        }
    }

    /// True if it is known by this process.
    fn is_known_by(&self, process: u64) -> bool {
        match &self.status {
            Status::Running(running) => running.id() == process,
            Status::Restarting(retry) => retry.last == Some(process),
            Status::Down => false,
        }
    }

    /// Holds up an automatic shutdown.
    fn holds_up(&self) -> bool {
        self.spec.settings.significant && !matches!(self.status, Status::Down)
    }

    pub(super) fn info(&self) -> ChildInfo {
        let state = match &self.status {
            Status::Running(process) => ChildState::Running(Pid::new(process.clone())),
            Status::Down => ChildState::Undefined,
            Status::Restarting(_) => ChildState::Restarting,
        };
        let settings = &self.spec.settings;
        ChildInfo {
            id: self.spec.shared_id().clone(),
            child_type: settings.child_type,
            state,
            restart: settings.restart,
            modules: settings.modules,
        }
    }
}

/// All children, found by number and id, and by their processes, which have the number.
#[derive(Default)]
pub(super) struct Children {
    records: BTreeMap<Key, Box<Record>>,
    ids: HashMap<Arc<str>, Key>,
    /// How many significant children have a process or will get one again.
    significant: usize,
    next: Key,
}

impl Children {
    /// Adds a child at the end.
    pub(super) fn insert(&mut self, record: Box<Record>) -> Key {
        let key = self.next;
        self.next += 1;
        self.ids.insert(record.spec.shared_id().clone(), key);
        self.significant += usize::from(record.holds_up());
        self.records.insert(key, record);
        key
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<Box<Record>> {
        let record = self.records.remove(&key)?;
        self.ids.remove(record.spec.shared_id());
        self.significant -= usize::from(record.holds_up());
        Some(record)
    }

    pub(super) fn set(&mut self, key: Key, status: Status) {
        if let Some(record) = self.records.get_mut(&key) {
            self.significant -= usize::from(record.holds_up());
            record.status = status;
            self.significant += usize::from(record.holds_up());
        }
    }

    pub(super) fn get(&self, key: Key) -> Option<&Record> {
        self.records.get(&key).map(|record| &**record)
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut Record> {
        self.records.get_mut(&key).map(|record| &mut **record)
    }

    pub(super) fn by_id(&self, id: &str) -> Option<(Key, &Record)> {
        let key = *self.ids.get(id)?;
        Some((key, self.get(key)?))
    }

    /// The child with this number, if it is known by this process.
    pub(super) fn of_process(&self, key: Key, process: u64) -> Option<&Record> {
        self.get(key).filter(|record| record.is_known_by(process))
    }

    pub(super) fn by_pid(&self, pid: &Pid) -> Option<(Key, &Record)> {
        let key = pid.process().parent()?.child();
        Some((key, self.of_process(key, pid.incarnation())?))
    }

    /// In start order, from `key` on.
    pub(super) fn from(&self, key: Key) -> impl DoubleEndedIterator<Item = (Key, &Record)> {
        self.records
            .range(key..)
            .map(|(&key, record)| (key, &**record))
    }

    /// In start order.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Key, &Record)> {
        self.from(0)
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// The number that the next child will get.
    pub(super) fn next_key(&self) -> Key {
        self.next
    }

    /// True while a significant child has a process or will get one again.
    pub(super) fn any_significant(&self) -> bool {
        self.significant > 0
    }
}
