//! Slots: the place behind a name, which outlives the incarnations that serve it.
//!
//! Handles hold it, and so does the supervisor; at most one process at a time *occupies* it. Here
//! is who that is; the queue itself is in `mailbox.rs`. Neither depends on the type of the messages.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::ops::AddAssign;
use std::task::{Context, Waker};
use std::time::Duration;

use crate::berth::Berth;
use crate::blueprint::Blueprint;
use crate::deadline::Deadlines;
use crate::exit::ExitReason;
use crate::health::LastHealth;
use crate::joined::joined;
use crate::mailbox::Queue;
use crate::message::Message;
use crate::namespace::Namespace;
use crate::options::Options;
use crate::pid::Pid;
use crate::process::Process;
use crate::reply::Failure;
use crate::ring::Waits;
use crate::rt::{Arc, Instant, OnceLock, Runtime, lock};
use crate::stats::Sampler;
use crate::supervisor::RestartLog;
use crate::tally::Unhandled;

/// What a slot is made from.
pub(crate) struct SlotSpec {
    pub(crate) service: &'static Blueprint,
    pub(crate) key: Option<Arc<str>>,
    pub(crate) namespace: Namespace,
}

impl SlotSpec {
    /// The name that people read, such as `Ledger` or `Cart[7]`.
    pub(crate) fn label(&self) -> String {
        match &self.key {
            Some(key) => [self.service.name, "[", key, "]"].concat(),
            None => self.service.name.to_owned(),
        }
    }

    /// The same, to be shared.
    pub(crate) fn shared_label(&self) -> Arc<str> {
        match &self.key {
            Some(key) => joined(&[self.service.name, "[", key, "]"]),
            None => self.service.name.into(),
        }
    }

    pub(crate) fn options(&self) -> &'static Options {
        self.service.options
    }
}

impl fmt::Display for SlotSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

/// The place behind a name.
pub(crate) struct Slot {
    pub(crate) spec: SlotSpec,
    pub(crate) waits: Waits,
    pub(crate) health: LastHealth,
    deadlines: OnceLock<Arc<Deadlines>>,
    pub(crate) queue: Queue,
}

/// A value that travels with a place without being known to it.
pub(crate) type Attachment = Arc<dyn Any + Send + Sync>;

/// The part of the queue's state that is not its messages.
#[derive(Default)]
pub(crate) struct Control {
    pub(crate) tenant: Tenant,
    pub(crate) last_exit: Option<(u64, ExitReason)>,
    /// The activator was called, and nobody came yet.
    activating: bool,
    rare: Option<Box<Rare>>,
    pub(crate) sampler: Sampler,
    pub(crate) receiver: Option<Waker>,
    pub(crate) high_water: usize,
    /// A message found no room, and the mailbox was not half empty since.
    pub(crate) overloaded: bool,
}

/// What few places have.
#[derive(Default)]
struct Rare {
    restarts: Restarts,
    /// Starts an instance when a message arrives and nobody is there: a virtual instance.
    activator: Option<Activator>,
    /// What a dynamic supervisor makes its instances from.
    attachment: Option<Attachment>,
    /// When it was last told of that the place is overloaded.
    told: Option<Instant>,
}

/// When incarnations came after one that had ended by itself.
#[derive(Default)]
struct Restarts(VecDeque<Instant>);

impl Restarts {
    /// More are not told apart.
    const MOST: usize = 100;
    const LATELY: Duration = Duration::from_secs(60);

    fn note(&mut self) {
        if self.0.len() == Self::MOST {
            self.0.pop_front();
        }
        self.0.push_back(Instant::now());
    }

    fn within_a_minute(&mut self) -> usize {
        let now = Instant::now();
        let is_late = |at: &Instant| now.saturating_duration_since(*at) > Self::LATELY;
        while self.0.front().is_some_and(is_late) {
            self.0.pop_front();
        }
        self.0.len()
    }
}

/// Starts a virtual instance, as long as its tree is there.
#[derive(Clone)]
pub(crate) struct Activator {
    pub(crate) start: Arc<dyn Fn(&Runtime) + Send + Sync>,
    pub(crate) tree: Option<Arc<RestartLog>>,
    /// Where its tree runs: the sender may be on no runtime, or on one that ends sooner.
    pub(crate) runtime: Runtime,
}

impl Activator {
    pub(crate) fn start(&self) {
        (self.start)(&self.runtime);
    }

    /// True while its tree is there.
    pub(crate) fn is_live(&self) -> bool {
        self.tree.as_ref().is_none_or(|tree| !tree.has_ended())
    }
}

#[derive(Default)]
pub(crate) enum Tenant {
    /// Nobody is there, and nobody is expected.
    #[default]
    Vacant,
    /// A successor is expected; messages wait for it.
    Awaited,
    Occupied {
        process: Arc<Process>,
        /// The process's number, which is asked for with each message.
        incarnation: u64,
        /// It is about to leave, and takes nothing more.
        closed: bool,
        /// What comes from now on is for its successor.
        passivating: bool,
    },
}

/// What became of messages that were not handled. Nothing is dropped without being counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Refused because the mailbox was full.
    pub rejected: u64,
    /// Calls not run because their caller gave up or their deadline passed while they queued.
    pub expired: u64,
    /// Dropped to make room for a newer one (`overload = drop_oldest`).
    pub dropped_oldest: u64,
    /// Queued when the instance ended, and not kept.
    pub undelivered: u64,
    /// Ticks of `#[every]` that were skipped because the service was busy.
    pub missed_ticks: u64,
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.rejected += other.rejected;
        self.expired += other.expired;
        self.dropped_oldest += other.dropped_oldest;
        self.undelivered += other.undelivered;
        self.missed_ticks += other.missed_ticks;
    }
}

/// A look at a mailbox, see [`Handle::mailbox`](crate::Handle::mailbox).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailboxStatus {
    /// Messages that wait.
    pub length: usize,
    /// The most that ever waited.
    pub high_water: usize,
    /// How many may wait.
    pub capacity: usize,
    /// What became of messages that were not handled.
    pub counters: Counters,
}

/// Why a process can't occupy a slot.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoEntry {
    #[error("{0} already runs under this name")]
    AlreadyStarted(Pid),
    #[error("the messages of {0} are of another type")]
    OtherMessages(String),
}

impl Slot {
    pub(crate) fn new(spec: SlotSpec) -> Arc<Self> {
        Arc::new(Self {
            waits: Waits::default(),
            health: LastHealth::default(),
            deadlines: OnceLock::new(),
            queue: Queue::new(spec.service),
            spec,
        })
    }

    pub(crate) fn spec(&self) -> &SlotSpec {
        &self.spec
    }

    pub(crate) fn label(&self) -> String {
        self.spec.label()
    }

    /// Where its callers wait for their deadlines: on the runtime of its first incarnation.
    #[inline]
    pub(crate) fn deadlines(&self) -> Option<&Arc<Deadlines>> {
        self.deadlines.get()
    }

    /// Its callers wait for their deadlines on this runtime, if not on an earlier one.
    /// They are mostly those of a place `near`.
    pub(crate) fn keep_time(&self, near: Option<&Self>) {
        if self.deadlines.get().is_none()
            && let Some(deadlines) = Deadlines::of_this_runtime(near.and_then(Self::deadlines))
        {
            self.deadlines.get_or_init(|| deadlines);
        }
    }

    pub(crate) fn occupant(&self) -> Option<Arc<Process>> {
        self.with_control(|control| control.occupant())
    }

    pub(crate) fn abandon(&self, failure: Option<Failure>) {
        self.queue.abandon(failure);
    }

    pub(crate) fn attachment(&self) -> Option<Attachment> {
        self.with_control(|control| control.rare.as_ref()?.attachment.clone())
    }

    pub(crate) fn attach(&self, attachment: Attachment) {
        let before = self.with_control(|control| control.rare().attachment.replace(attachment));
        drop(before);
    }

    pub(crate) fn with_control<R>(&self, change: impl FnOnce(&mut Control) -> R) -> R {
        change(&mut lock(&self.queue.state).control)
    }

    pub(crate) fn count(&self, what: Unhandled, messages: u64) {
        self.queue.tally.count(what, messages);
    }

    pub(crate) fn status(&self) -> MailboxStatus {
        let length = self.queue.length();
        self.with_control(|control| MailboxStatus {
            length,
            high_water: control.high_water.max(length),
            capacity: self.spec.options().capacity,
            counters: self.queue.tally.counters(),
        })
    }

    /// Which incarnation ended last, and why, if it is the one with this number or a later one.
    pub(crate) fn exit_of(&self, incarnation: u64) -> Option<(u64, ExitReason)> {
        self.with_control(|control| {
            let (last, reason) = control.last_exit.as_ref()?;
            (*last >= incarnation).then(|| (*last, reason.clone()))
        })
    }

    /// Queues beyond the capacity, for this incarnation and no other; false if it is gone.
    pub(crate) fn push_system_to<M: Message>(&self, incarnation: u64, message: M) -> bool {
        let mut outbox = Berth::Holds(message);
        self.queue.push_system(Some(incarnation), &mut outbox)
    }

    /// Queues beyond the capacity: for what is bounded elsewhere and may not be lost. False if nobody is there.
    pub(crate) fn push_system<M: Message>(&self, message: M) -> bool {
        let mut outbox = Berth::Holds(message);
        self.queue.push_system(None, &mut outbox)
    }
}

impl Control {
    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// An incarnation comes after one that had ended by itself.
    pub(crate) fn note_restart(&mut self) {
        self.rare().restarts.note();
    }

    pub(crate) fn restarts_within_a_minute(&mut self) -> usize {
        let rare = self.rare.as_mut();
        rare.map_or(0, |rare| rare.restarts.within_a_minute())
    }

    pub(crate) fn activator(&self) -> Option<&Activator> {
        self.rare.as_ref()?.activator.as_ref()
    }

    pub(crate) fn set_activator(&mut self, activator: Activator) -> Option<Activator> {
        self.rare().activator.replace(activator)
    }

    pub(crate) fn take_activator(&mut self) -> Option<Activator> {
        self.rare.as_mut()?.activator.take()
    }

    /// It is to be told of at `now`; true if that was done less than `quiet` ago.
    pub(crate) fn told_within(&mut self, quiet: Duration, now: Instant) -> bool {
        let told = &mut self.rare().told;
        let is_news = told.is_none_or(|told| now >= told + quiet);
        if is_news {
            *told = Some(now);
        }
        !is_news
    }

    pub(crate) fn occupant(&self) -> Option<Arc<Process>> {
        match &self.tenant {
            Tenant::Occupied { process, .. } => Some(process.clone()),
            Tenant::Vacant | Tenant::Awaited => None,
        }
    }

    /// The number of the incarnation that is there.
    pub(crate) fn occupied_by(&self) -> Option<u64> {
        match &self.tenant {
            Tenant::Occupied { incarnation, .. } => Some(*incarnation),
            Tenant::Vacant | Tenant::Awaited => None,
        }
    }

    pub(crate) fn is_occupied(&self) -> bool {
        matches!(self.tenant, Tenant::Occupied { .. })
    }

    /// The incarnation that takes messages now; zero if they wait for a successor.
    #[inline]
    pub(crate) fn accepts(&self) -> Result<u64, Box<Failure>> {
        match &self.tenant {
            Tenant::Occupied {
                incarnation,
                closed: false,
                passivating: false,
                ..
            } => Ok(*incarnation),
            _ => self.accepts_for_another().map_err(Box::new),
        }
    }

    #[cold]
    fn accepts_for_another(&self) -> Result<u64, Failure> {
        match &self.tenant {
            Tenant::Occupied { closed: true, .. } => Err(Failure::Exited(ExitReason::Shutdown)),
            // It leaves, and its successor comes for the message.
            Tenant::Occupied { .. } | Tenant::Awaited => Ok(0),
            Tenant::Vacant if self.activator().is_some_and(Activator::is_live) => Ok(0),
            Tenant::Vacant => Err(Failure::NoProc),
        }
    }

    #[inline]
    pub(crate) fn is_vacant(&self) -> bool {
        matches!(self.tenant, Tenant::Vacant)
    }

    /// What wakes a virtual instance that is not there; once, until somebody comes.
    pub(crate) fn wanted(&mut self) -> Option<Activator> {
        if self.activating || !matches!(self.tenant, Tenant::Vacant) {
            return None;
        }
        let activator = self.activator().filter(|it| it.is_live())?.clone();
        self.activating = true;
        Some(activator)
    }

    /// A restart is due: messages for a virtual instance wait for it.
    pub(crate) fn await_restart(&mut self) {
        if matches!(self.tenant, Tenant::Vacant) && self.activator().is_some() {
            self.set_tenant(Tenant::Awaited);
        }
    }

    /// Somebody comes, or nobody will.
    pub(crate) fn set_tenant(&mut self, tenant: Tenant) {
        self.activating = false;
        self.tenant = tenant;
    }

    /// True while this incarnation takes messages.
    pub(crate) fn takes(&self, incarnation: u64) -> bool {
        matches!(&self.tenant, Tenant::Occupied { incarnation: own, closed: false, passivating: false, .. }
            if *own == incarnation)
    }

    /// The occupant takes nothing more.
    pub(crate) fn close(&mut self) {
        if let Tenant::Occupied { closed, .. } = &mut self.tenant {
            *closed = true;
        }
    }

    pub(crate) fn listen(&mut self, cx: &Context<'_>) {
        if !self
            .receiver
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            self.receiver = Some(cx.waker().clone());
        }
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.spec.namespace, self.label())
    }
}
