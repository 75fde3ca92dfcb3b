//! What became of the messages of one place, handler by handler.

use crate::rt::{AtomicBool, AtomicU64, AtomicUsize, Instant, Mutex, OnceLock, Ordering, lock};
use crate::stats::life::{Leave, Life};

/// The part of a tally that statistics add.
pub(crate) struct Record {
    /// One more than there are handlers: the last is for names that the service does not list. Made for the first
    /// message.
    handlers: OnceLock<Box<[Cells]>>,
    /// A handler runs.
    busy: AtomicBool,
    high_water: AtomicUsize,
    /// The number of the service's record that knows it.
    enlisted: AtomicU64,
    life: Mutex<Life>,
}

/// The counts of one handler in one place. Only the incarnation that is there writes.
#[derive(Default)]
pub(crate) struct Cells([AtomicU64; Ending::COUNT]);

/// What became of a message that a handler began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Succeeded,
    /// It returned an error.
    Failed,
    Panicked,
    /// Its incarnation was killed.
    Killed,
}

impl Ending {
    pub(crate) const ALL: [Self; 4] = [Self::Succeeded, Self::Failed, Self::Panicked, Self::Killed];
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// What metrics call it.
    pub(crate) fn error_type(self) -> &'static str {
        match self {
            Self::Succeeded => "",
            Self::Failed => "_OTHER",
            Self::Panicked => "panic",
            Self::Killed => "exited",
        }
    }
}

/// What was counted of one handler.
pub(crate) type Endings = [u64; Ending::COUNT];

impl Default for Record {
    fn default() -> Self {
        Self {
            handlers: OnceLock::new(),
            busy: AtomicBool::new(false),
            high_water: AtomicUsize::new(0),
            enlisted: AtomicU64::new(0),
            life: Mutex::default(),
        }
    }
}

impl Record {
    /// `listed` handlers, and one more.
    fn cells(&self, listed: usize) -> &[Cells] {
        let make = || (0..=listed).map(|_| Cells::default()).collect();
        self.handlers.get_or_init(make)
    }

    /// True the first time that the record with this number comes to know it.
    pub(crate) fn enlist(&self, number: u64) -> bool {
        self.enlisted.swap(number, Ordering::Relaxed) != number
    }

    pub(crate) fn begin(&self) {
        // Relaxed, as are all counts: each is true by itself.
        self.busy.store(true, Ordering::Relaxed);
    }

    /// One of `listed` handlers ended, or one that is not listed.
    pub(crate) fn end(&self, handler: usize, listed: usize, ending: Ending) {
        let cells = self.cells(listed).get(handler);
        if let Some(cell) = cells.and_then(|cells| cells.0.get(ending as usize)) {
            // Nobody else writes: this needs no exchange.
            cell.store(cell.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        self.busy.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    /// What was counted, handler by handler; nothing, if none ever ran.
    pub(crate) fn endings(&self) -> impl Iterator<Item = Endings> {
        let cells = self.handlers.get().into_iter().flatten();
        cells.map(|cells| cells.0.each_ref().map(|cell| cell.load(Ordering::Relaxed)))
    }

    /// The queue was never so long; said under its lock.
    pub(crate) fn rise(&self, length: usize) {
        self.high_water.store(length, Ordering::Relaxed);
    }

    pub(crate) fn high_water(&self) -> usize {
        self.high_water.load(Ordering::Relaxed)
    }

    pub(crate) fn life(&self) -> Life {
        *lock(&self.life)
    }

    /// An incarnation has started.
    pub(crate) fn start(&self) {
        lock(&self.life).start(Instant::now());
    }

    /// It has left.
    pub(crate) fn leave(&self, passivated: bool) {
        let leave = if passivated {
            Leave::Passivated
        } else {
            Leave::Ended
        };
        lock(&self.life).end(Instant::now(), leave);
    }

    /// No successor comes by itself.
    pub(crate) fn give_up(&self) {
        lock(&self.life).give_up(Instant::now);
    }
}
