//! Timers of a service: `#[every]`, and messages to oneself later.
//!
//! They live in the service's own loop: nothing ticks while it is down, and nothing is left when
//! it ended. A periodic timer has at most one tick pending; those that came due while the service
//! was busy are skipped and counted.
//!
//! What keeps the time does not know the messages, so that it is compiled once for all services.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::berth::Outbox;
use crate::rt::{Instant, Sleep, after, sleep_until};
use crate::telemetry::spans::Origin;

/// A periodic timer of a service.
#[derive(Clone, Copy, Debug)]
pub struct Timer<M> {
    period: Duration,
    tick: fn() -> M,
}

impl<M> Timer<M> {
    /// Makes a timer that sends `tick()` every `period`, the first one a period after the start.
    ///
    /// # Panics
    /// If `period` is zero. In a const, that is a compile error.
    pub const fn new(period: Duration, tick: fn() -> M) -> Self {
        assert!(!period.is_zero(), "a timer's period is longer than zero");
        Self { period, tick }
    }

    pub(crate) fn period(&self) -> Duration {
        self.period
    }

    pub(crate) fn tick(&self) -> M {
        (self.tick)()
    }
}

/// The timers of one incarnation; most have none.
#[derive(Default)]
pub(crate) struct Timers(Option<Box<Kept>>);

#[derive(Default)]
struct Kept {
    every: Vec<Every>,
    later: BinaryHeap<Reverse<Later>>,
    cancelled: Vec<u64>,
    sleep: Option<Pin<Box<Sleep>>>,
    /// When the first periods began.
    begun: Option<Instant>,
    missed: u64,
}

struct Every {
    period: Duration,
    next: Instant,
}

/// A message that comes later.
pub(crate) struct Later {
    pub(crate) at: Instant,
    /// Orders messages that are due at the same time, and names one to cancel it.
    pub(crate) number: u64,
    /// The service's own message.
    pub(crate) message: Box<dyn Outbox>,
    /// The span that it was sent in.
    pub(crate) origin: Option<Origin>,
}

/// What is due.
pub(crate) enum Due {
    /// The tick of the service's timer with this index.
    Tick(usize),
    Later(Later),
}

impl Timers {
    /// Adds a periodic timer, whose first period begins with that of the first one, which begins now. They are
    /// numbered as they are added.
    pub(crate) fn repeat(&mut self, period: Duration) {
        let kept = self.0.get_or_insert_default();
        let begun = *kept.begun.get_or_insert_with(Instant::now);
        let next = after(begun, period);
        kept.every.push(Every { period, next });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|kept| kept.is_empty())
    }

    pub(crate) fn add(&mut self, later: Later) {
        self.0.get_or_insert_default().later.push(Reverse(later));
    }

    pub(crate) fn cancel(&mut self, number: u64) {
        if let Some(kept) = &mut self.0 {
            kept.cancel(number);
        }
    }

    /// True if a message to come later waits.
    pub(crate) fn expects(&self) -> bool {
        self.0.as_ref().is_some_and(|kept| kept.expects())
    }

    /// The next message that is due.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Due> {
        match &mut self.0 {
            Some(kept) => kept.poll(cx),
            None => Poll::Pending,
        }
    }

    /// How many ticks were skipped since this was last asked.
    pub(crate) fn take_missed(&mut self) -> u64 {
        let kept = self.0.as_mut();
        kept.map_or(0, |kept| std::mem::take(&mut kept.missed))
    }
}

impl Kept {
    fn is_empty(&self) -> bool {
        self.every.is_empty() && self.later.is_empty()
    }

    fn cancel(&mut self, number: u64) {
        self.cancelled.push(number);
        if self.cancelled.len() > 32 {
            let cancelled = std::mem::take(&mut self.cancelled);
            self.later
                .retain(|Reverse(later)| !cancelled.contains(&later.number));
        }
    }

    fn expects(&self) -> bool {
        let mut later = self.later.iter();
        later.any(|Reverse(later)| !self.cancelled.contains(&later.number))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Due> {
        loop {
            let Some(at) = self.earliest() else {
                return Poll::Pending;
            };
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(at)));
            if sleep.deadline() != at {
                sleep.as_mut().reset(at);
            }
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if let Some(due) = self.take_due(at) {
                return Poll::Ready(due);
            }
        }
    }

    fn earliest(&self) -> Option<Instant> {
        let every = self.every.iter().map(|every| every.next).min();
        let later = self.later.peek().map(|Reverse(later)| later.at);
        match (every, later) {
            (Some(every), Some(later)) => Some(every.min(later)),
            (every, later) => every.or(later),
        }
    }

    fn take_due(&mut self, at: Instant) -> Option<Due> {
        if self
            .later
            .peek()
            .is_some_and(|Reverse(later)| later.at == at)
        {
            let Reverse(later) = self.later.pop()?;
            if let Some(index) = self.cancelled.iter().position(|it| *it == later.number) {
                self.cancelled.swap_remove(index);
                return None;
            }
            return Some(Due::Later(later));
        }
        let index = self.every.iter().position(|every| every.next == at)?;
        let Every { period, next } = self.every.get_mut(index)?;
        let late = Instant::now().saturating_duration_since(*next);
        // Whole periods that went by unseen; a period of nanoseconds cannot overflow u32 of them
        // without the service being stuck for seconds, and then one skip more does not matter.
        let missed = late.as_nanos() / period.as_nanos();
        let missed = u32::try_from(missed).unwrap_or(u32::MAX - 1);
        self.missed += u64::from(missed);
        let skipped = period.checked_mul(missed + 1).unwrap_or(Duration::MAX);
        *next = after(*next, skipped);
        Some(Due::Tick(index))
    }
}

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Later {}

impl PartialOrd for Later {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Later {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
