//! What the statistics of a namespace say at one moment.

use std::time::Duration;

use crate::message::{HandlerKind, HandlerMeta};
use crate::namespace::Namespace;
use crate::rt::Instant;
use crate::slot::Counters;
use crate::stats::durations::{Durations, Measured, Times};
use crate::stats::record::{Ending, Endings};
use crate::stats::service::{Presence, ServiceRecord, Sums, count_of};

/// Reads the statistics of a namespace. Nothing stops or waits for it.
///
/// It has every service that runs, and those that ended in the last quarter of an hour: at most
/// 64 of them. Several instances of one service are one entry.
///
/// # Examples
/// ```
/// use scope_runtime::{Namespace, telemetry};
///
/// let snapshot = telemetry::snapshot(&Namespace::production());
/// for service in &snapshot.services {
///     println!("{}: {} handled, {:?} up", service.service, service.handled(), service.availability());
/// }
/// ```
pub fn snapshot(namespace: &Namespace) -> Snapshot {
    let now = Instant::now();
    let book = &namespace.space().book;
    let records = book.records(now);
    Snapshot {
        services: records
            .iter()
            .map(|record| ServiceStatistics::of(record, now))
            .collect(),
        registry: RegistryStatistics {
            entries: namespace.registered(),
            hits: book.lookups.hits(),
            misses: book.lookups.misses(),
            lookup: book.lookups.times(),
        },
    }
}

/// The statistics of one namespace, see [`snapshot`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its services, sorted by name.
    pub services: Vec<ServiceStatistics>,
    /// Its names.
    pub registry: RegistryStatistics,
}

impl Snapshot {
    /// The statistics of the service with this name, if it ran.
    pub fn service(&self, name: &str) -> Option<&ServiceStatistics> {
        self.services.iter().find(|service| service.service == name)
    }
}

/// The names of one namespace.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RegistryStatistics {
    /// Names under which something runs, supervisors included.
    pub entries: usize,
    /// Lookups that found something.
    pub hits: u64,
    /// Lookups that found nothing, or made the place of a new name.
    pub misses: u64,
    /// How long a lookup took; one of 64 is measured.
    pub lookup: Durations,
}

/// The statistics of one service in one namespace: all its instances, now and before.
///
/// Every message that was sent is in exactly one of the counts:
/// `sent() = handled() + rejected + expired + dropped_oldest + undelivered + length + in_progress`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServiceStatistics {
    /// Its name.
    pub service: &'static str,
    /// The module that declares it.
    pub module: &'static str,
    /// How many instances run.
    pub instances: usize,
    /// Its handlers, in the order of the source.
    pub handlers: Vec<HandlerStatistics>,
    /// Messages that wait.
    pub length: usize,
    /// Handlers that run.
    pub in_progress: usize,
    /// The most that ever waited in one mailbox.
    pub high_water: usize,
    /// How many may wait, in all mailboxes together.
    pub capacity: usize,
    /// What became of messages that were not handled.
    pub counters: Counters,
    /// How often an incarnation followed another one, other than after a passivation.
    pub restarts: u64,
    /// How long the youngest incarnation runs; `None` if none does.
    pub age: Option<Duration>,
    /// How long incarnations ran, all together.
    pub up: Duration,
    /// How long places were without one: from its end to the start of the next one, or until the
    /// supervisor gave up.
    pub down: Duration,
    /// How long ago the last one ended, if none runs and none is to come.
    pub ended: Option<Duration>,
}

impl ServiceStatistics {
    fn of(record: &ServiceRecord, now: Instant) -> Self {
        let (sums, presence) = record.read(now);
        let handlers = record.handlers.iter().copied().enumerate();
        let mut handlers: Vec<_> = handlers
            .map(|(index, handler)| HandlerStatistics::of(record, &sums, index, handler))
            .collect();
        let other = HandlerMeta {
            name: "_OTHER",
            kind: HandlerKind::Info,
        };
        let unlisted = HandlerStatistics::of(record, &sums, handlers.len(), other);
        handlers.extend(Some(unlisted).filter(|unlisted| unlisted.handled() > 0));
        Self::with(record, handlers, &sums, &presence, now)
    }

    /// How many messages were handled, with whatever end.
    pub fn handled(&self) -> u64 {
        self.handlers.iter().map(HandlerStatistics::handled).sum()
    }

    /// How many messages its mailboxes took, or refused because they were full. A message that
    /// nobody was there for, or whose sender gave up before there was room, went back and was not
    /// sent.
    pub fn sent(&self) -> u64 {
        let Counters {
            rejected,
            expired,
            dropped_oldest,
            undelivered,
            ..
        } = self.counters;
        let open = self.length + self.in_progress;
        self.handled() + rejected + expired + dropped_oldest + undelivered + open as u64
    }

    /// Messages handled in a second of the time that it ran.
    pub fn throughput(&self) -> f64 {
        share(self.handled(), self.up.as_secs_f64())
    }

    /// Messages handled in a second since an earlier snapshot, which was taken so long ago.
    pub fn throughput_since(&self, earlier: &Self, elapsed: Duration) -> f64 {
        let handled = self.handled().saturating_sub(earlier.handled());
        share(handled, elapsed.as_secs_f64())
    }

    /// The share of handled messages whose handler did not succeed.
    pub fn error_rate(&self) -> f64 {
        let succeeded: u64 = self.handlers.iter().map(|handler| handler.succeeded).sum();
        let handled = self.handled();
        #[expect(clippy::cast_precision_loss, reason = "2^53 messages are enough")]
        share(handled - succeeded, handled as f64)
    }

    /// The share of the time since its start in which it ran; `None` if it never did.
    pub fn availability(&self) -> Option<f64> {
        let (up, all) = (self.up.as_secs_f64(), (self.up + self.down).as_secs_f64());
        if all > 0.0 {
            return Some(up / all);
        }
        (self.instances > 0).then_some(1.0)
    }

    /// The statistics of the handler with this name.
    pub fn handler(&self, name: &str) -> Option<&HandlerStatistics> {
        self.handlers.iter().find(|it| it.handler.name == name)
    }

    fn with(
        record: &ServiceRecord,
        handlers: Vec<HandlerStatistics>,
        sums: &Sums,
        presence: &Presence,
        now: Instant,
    ) -> Self {
        Self {
            service: record.service,
            module: record.id.module,
            instances: presence.running,
            handlers,
            length: presence.length,
            in_progress: sums.busy,
            high_water: sums.high_water,
            capacity: presence.capacity,
            counters: sums.counters,
            restarts: sums.restarts,
            age: presence.youngest,
            up: sums.up,
            down: sums.down,
            ended: sums.ended.map(|at| now.saturating_duration_since(at)),
        }
    }
}

/// The statistics of one handler. The counts are exact; of the durations see [`Durations`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HandlerStatistics {
    /// Its name, and what it answers to. What a service handles and does not list is `_OTHER`.
    pub handler: HandlerMeta,
    /// How often it returned, and no error.
    pub succeeded: u64,
    /// How often it returned an error.
    pub failed: u64,
    /// How often it panicked.
    pub panicked: u64,
    /// How often its incarnation was killed while it ran.
    pub killed: u64,
    /// How long messages waited, for room and in the queue.
    pub queued: Durations,
    /// How long it ran.
    pub ran: Durations,
    /// The ways in which it ended so far, success first.
    pub outcomes: Vec<OutcomeStatistics>,
}

/// The messages of one handler that ended in one way.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OutcomeStatistics {
    /// What metrics call it: empty for a success, `_OTHER` for an error of the handler's own, `panic`, or `exited` if
    /// its incarnation was killed.
    pub error_type: &'static str,
    /// How many there were; exact.
    pub count: u64,
    /// How long they ran.
    pub ran: Durations,
}

impl HandlerStatistics {
    fn of(record: &ServiceRecord, sums: &Sums, index: usize, handler: HandlerMeta) -> Self {
        let endings = sums.of(index);
        let times = record.times(index).map(Times::read);
        let times = times.unwrap_or_default();
        Self {
            handler,
            succeeded: count_of(endings, Ending::Succeeded),
            failed: count_of(endings, Ending::Failed),
            panicked: count_of(endings, Ending::Panicked),
            killed: count_of(endings, Ending::Killed),
            ran: times.all_ran(),
            outcomes: outcomes(endings, &times),
            queued: times.queued,
        }
    }

    /// How many messages it handled, with whatever end.
    pub fn handled(&self) -> u64 {
        self.succeeded + self.failed + self.panicked + self.killed
    }
}

fn outcomes(endings: Endings, times: &Measured) -> Vec<OutcomeStatistics> {
    let all = Ending::ALL.into_iter().map(|ending| OutcomeStatistics {
        error_type: ending.error_type(),
        count: count_of(endings, ending),
        ran: times.ran(ending).clone(),
    });
    all.filter(|outcome| outcome.count > 0).collect()
}

fn share(count: u64, of: f64) -> f64 {
    if of > 0.0 {
        #[expect(clippy::cast_precision_loss, reason = "2^53 messages are enough")]
        let count = count as f64;
        count / of
    } else {
        0.0
    }
}
