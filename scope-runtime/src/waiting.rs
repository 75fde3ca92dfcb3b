//! What a request waits by: its clock, its edge in the graph of waits, its place in the line. None of it depends on the
//! message.

use std::task::{Context, Poll};
use std::time::Duration;

use crate::deadline::{Deadlines, Limit, Owner, Ticket};
use crate::mailbox::Sender;
use crate::reply::Failure;
use crate::ring::{Cycle, Wait, wait_for, with_current};
use crate::rt::{Arc, Instant};
use crate::slot::Slot;
use crate::telemetry::spans::Origin;

/// What a request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Room in the mailbox: a cast.
    Room,
    /// Room, and then an answer: a call, which inherits its caller's deadline.
    Answer,
}

/// How long a request may take, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeout(u64);

impl Timeout {
    /// As long as it likes.
    pub(crate) const NONE: Self = Self(u64::MAX);
    /// As long as the service says.
    pub(crate) const DEFAULT: Self = Self(u64::MAX - 1);

    /// So long; for ever, if that is some centuries.
    pub(crate) fn of(time: Duration) -> Self {
        let own = |time: &u64| *time < Self::DEFAULT.0;
        let time = u64::try_from(time.as_nanos()).ok().filter(own);
        time.map_or(Self::NONE, Self)
    }

    #[inline]
    fn get(self, slot: &Slot) -> Option<Duration> {
        match self {
            Self::NONE => None,
            Self::DEFAULT => slot.spec().options().call_timeout,
            Self(time) => Some(Duration::from_nanos(time)),
        }
    }
}

/// What a request waits by.
pub(crate) struct Waiting {
    pub(crate) timeout: Timeout,
    ticket: Option<Ticket>,
    wait: Option<Arc<Wait>>,
    /// What few requests have.
    rare: Option<Box<Rare>>,
}

#[derive(Default)]
struct Rare {
    /// The place among the guests, of a caller that runs elsewhere than the service.
    own: Option<Ticket>,
    /// The place in the line of those who wait for room.
    parked: Option<u64>,
    /// Its own span, from when it is sent.
    span: Option<Origin>,
}

impl Rare {
    #[cold]
    fn stop_own_clock(&mut self) {
        if let Some(own) = self.own.take()
            && let Some(guests) = Deadlines::of_guests()
        {
            guests.remove(own);
        }
    }
}

impl Waiting {
    #[inline]
    pub(crate) fn new(timeout: Timeout) -> Self {
        Self {
            timeout,
            ticket: None,
            wait: None,
            rare: None,
        }
    }

    /// What its message travels with.
    #[inline]
    pub(crate) fn sender(&self) -> Sender<'_> {
        Sender {
            ticket: self.ticket,
            wait: self.wait.as_ref(),
            origin: self.rare.as_ref().and_then(|rare| rare.span.as_ref()),
        }
    }

    /// The wait begins: its clock runs, and the ring detection knows of it.
    pub(crate) fn begin(
        &mut self,
        slot: &Arc<Slot>,
        patience: Patience,
        cx: &Context<'_>,
    ) -> Result<(), Box<Failure>> {
        if with_current(|current| current.is_some()) {
            return self.begin_in_handler(slot, patience, cx);
        }
        // There is nothing to inherit, and nobody who could be in a ring.
        match self.timeout.get(slot) {
            None => Ok(()),
            Some(time) if time.is_zero() => Err(Box::new(Failure::Timeout)),
            Some(time) => {
                self.start_clock(slot, Limit::Within(time), cx);
                Ok(())
            }
        }
    }

    fn begin_in_handler(
        &mut self,
        slot: &Arc<Slot>,
        patience: Patience,
        cx: &Context<'_>,
    ) -> Result<(), Box<Failure>> {
        let (from, inherited) = with_current(|current| match current {
            Some(current) => (current.slot.clone(), current.deadline()),
            None => (None, None),
        });
        let inherited = inherited.filter(|_| patience == Patience::Answer);
        // A limit beyond the end of time is none.
        let own = self.timeout.get(slot);
        let own = own.and_then(|time| Instant::now().checked_add(time));
        let deadline = match (own, inherited) {
            (Some(own), Some(inherited)) => Some(own.min(inherited)),
            (own, inherited) => own.or(inherited),
        };
        if let Some(deadline) = deadline {
            if deadline <= Instant::now() {
                return Err(Box::new(Failure::Timeout));
            }
            self.start_clock(slot, Limit::Until(deadline), cx);
        }
        if let Some(from) = from {
            let wait = wait_for(&from, slot, deadline);
            self.wait = Some(wait.map_err(|cycle: Cycle| Box::new(Failure::Deadlock(cycle)))?);
        }
        Ok(())
    }

    /// Sees to it that this takes no longer than it may.
    #[inline]
    fn start_clock(&mut self, slot: &Slot, limit: Limit, cx: &Context<'_>) {
        // Nobody ever ran there, and who comes is to be waited for.
        if slot.deadlines().is_none() {
            slot.keep_time(None);
        }
        if let Some(deadlines) = slot.deadlines() {
            let (ticket, owner) = deadlines.add(limit, cx.waker());
            self.ticket = Some(ticket);
            if owner == Owner::Elsewhere {
                self.start_own_clock(limit, cx);
            }
        }
    }

    /// The service's runtime may be blocked, or left alone, while the caller's goes on.
    #[cold]
    fn start_own_clock(&mut self, limit: Limit, cx: &Context<'_>) {
        if let Some(guests) = Deadlines::of_guests() {
            let (own, _) = guests.add(limit, cx.waker());
            self.rare.get_or_insert_default().own = Some(own);
        }
    }

    /// Ready when the time is up; for ever pending without a limit.
    pub(crate) fn poll_deadline(&self, slot: &Slot, cx: &Context<'_>) -> Poll<()> {
        let own = self.rare.as_ref().and_then(|rare| rare.own);
        if let Some(own) = own
            && let Some(guests) = Deadlines::of_guests()
            && guests.poll_expired(own, cx).is_ready()
        {
            return Poll::Ready(());
        }
        match (self.ticket, slot.deadlines()) {
            (Some(ticket), Some(deadlines)) => deadlines.poll_expired(ticket, cx),
            _ => Poll::Pending,
        }
    }

    pub(crate) fn set_parked(&mut self, ticket: u64) {
        self.rare.get_or_insert_default().parked = Some(ticket);
    }

    #[inline]
    pub(crate) fn take_parked(&mut self) -> Option<u64> {
        self.rare.as_mut()?.parked.take()
    }

    pub(crate) fn set_span(&mut self, span: Option<Origin>) {
        self.rare.get_or_insert_default().span = span;
    }

    /// Its span, which ends with it.
    #[inline]
    pub(crate) fn take_span(&mut self) -> Option<Origin> {
        self.rare.as_mut()?.span.take()
    }

    /// True if there is nothing to be given back.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.ticket.is_none() && self.wait.is_none() && self.rare.is_none()
    }

    /// Gives its ticket and its edge back; true if there is something rare.
    #[inline]
    pub(crate) fn give_back(&mut self, slot: &Slot) -> bool {
        if let Some(ticket) = self.ticket.take()
            && let Some(deadlines) = slot.deadlines()
        {
            deadlines.remove(ticket);
        }
        if let Some(wait) = self.wait.take() {
            wait.remove();
        }
        match &mut self.rare {
            None => false,
            Some(rare) => {
                rare.stop_own_clock();
                true
            }
        }
    }
}
