//! What an incarnation is doing, for whoever looks at it from outside while it does not yield.
//!
//! # Protocol
//! The incarnation numbers its *steps*: `init`, each message, `terminate`. One atomic holds the number
//! of the step and which of the known names it has; there is one writer, and a store per message. No
//! clock is read for it. Whoever looks twice and finds the same step knows how long it takes at least.

use std::fmt;
use std::time::Duration;
// Not the explorer's: only reports read it.
use std::sync::atomic::{AtomicU64, Ordering};

use crate::rt::{Instant, Mutex, lock};

/// So many bits of the atomic say which name.
const NAME_BITS: u32 = 16;
const NAME_MASK: u64 = (1 << NAME_BITS) - 1;

/// The current step of a process.
#[derive(Default)]
pub(crate) struct Work {
    /// The number of the step, and the place of its name counted from one.
    step: AtomicU64,
    names: Mutex<Vec<Name>>,
}

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// A function of the service.
    Function(&'static str),
    /// Its state and messages are dropped.
    Drop,
    /// It is over but for a linked task.
    LinkedTask,
}

/// The writer's own list of the names, to find their places without a lock.
#[derive(Debug, Default)]
pub(crate) struct Known {
    functions: Vec<(&'static str, u64)>,
}

impl Work {
    /// A function of the service begins.
    #[inline]
    pub(crate) fn begin(&self, known: &mut Known, function: &'static str) {
        // The same handler has the same text, mostly at the same place.
        let place = known
            .functions
            .iter()
            .find(|(name, _)| std::ptr::eq(*name, function));
        let place = match place {
            Some((_, place)) => *place,
            None => {
                let place = self.place_of(Name::Function(function));
                known.functions.push((function, place));
                place
            }
        };
        self.enter(place);
    }

    /// Something begins that happens once.
    pub(crate) fn begin_last(&self, name: Name) {
        self.enter(self.place_of(name));
    }

    #[inline]
    fn enter(&self, place: u64) {
        // Relaxed: the name was published under its lock, and the number only has to differ.
        let before = self.step.load(Ordering::Relaxed) >> NAME_BITS;
        let step = before.wrapping_add(1) << NAME_BITS | place;
        self.step.store(step, Ordering::Relaxed);
    }

    #[cold]
    fn place_of(&self, name: Name) -> u64 {
        let mut names = lock(&self.names);
        let index = names.iter().position(|it| *it == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        (index as u64 + 1).min(NAME_MASK)
    }

    fn look(&self) -> u64 {
        self.step.load(Ordering::Relaxed)
    }

    fn name_of(&self, step: u64) -> Option<Name> {
        let index = usize::try_from((step & NAME_MASK).checked_sub(1)?).ok()?;
        lock(&self.names).get(index).copied()
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Work")
            .field(&self.name_of(self.look()))
            .finish()
    }
}

/// A look at a step, to be compared with later ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    step: u64,
    since: Instant,
}

/// A step that goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lasting {
    name: Option<Name>,
    /// At least.
    age: Duration,
}

impl Watch {
    pub(crate) fn new(work: &Work) -> Self {
        Self {
            step: work.look(),
            since: Instant::now(),
        }
    }

    /// Looks again: what goes on, and for how long it has been seen.
    pub(crate) fn look(&mut self, work: &Work) -> Lasting {
        let step = work.look();
        if step != self.step {
            *self = Self::new(work);
        }
        Lasting {
            name: work.name_of(step),
            age: self.since.elapsed(),
        }
    }
}

impl fmt::Display for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(Name::Function(name)) => write!(f, "in `{name}`")?,
            Some(Name::Drop) => f.write_str("dropping its state")?,
            Some(Name::LinkedTask) => f.write_str("in a linked task")?,
            None => f.write_str("running")?,
        }
        // Whole milliseconds: the digits after them say nothing.
        let age = Duration::from_millis(u64::try_from(self.age.as_millis()).unwrap_or(u64::MAX));
        write!(f, " for {age:?} or more")
    }
}
