//! What a service does next: obey, answer, handle a message, tick, or end for want of messages.

use std::task::{Context as TaskContext, Poll, ready};

use super::life::Pause;
use super::vitals::Vitals;
use crate::context::Core;
use crate::receiver::End;
use crate::store::Store;
use crate::timer::Due;

/// What a service works with, but for the types of its own.
pub(super) struct Desk<'a> {
    pub(super) vitals: &'a mut Vitals,
    pub(super) end: &'a mut End,
    pub(super) batch: &'a mut dyn Store,
    pub(super) core: &'a mut Core,
}

impl Desk<'_> {
    /// What comes next; `None` for a message. The batch `is_empty`, or not.
    #[expect(
        clippy::inline_always,
        reason = "a loop has one, and a jump there took a thirtieth of a cast"
    )]
    #[inline(always)]
    pub(super) fn poll_next(
        &mut self,
        task: &mut TaskContext<'_>,
        is_empty: bool,
    ) -> Poll<Option<Pause>> {
        if self.core.has_effects()
            && let Some(pause) = self.vitals.apply(self.core)
        {
            return Poll::Ready(Some(pause));
        }
        let next = if self.vitals.awaits_only_messages() {
            self.poll_messages(task, is_empty)
        } else {
            self.poll_all(task, is_empty)
        };
        if !matches!(next, Poll::Ready(None)) {
            self.vitals.polled = false;
            self.vitals.recorder.end();
        }
        next
    }

    /// What comes next, of all that may come.
    #[inline(never)]
    fn poll_all(&mut self, task: &mut TaskContext<'_>, is_empty: bool) -> Poll<Option<Pause>> {
        if self.vitals.ending.is_some() {
            return self.poll_rest(task, is_empty);
        }
        let Poll::Ready(order) = self.vitals.poll_order(task) else {
            self.end.delayed();
            return Poll::Pending;
        };
        if order.is_some() {
            return Poll::Ready(order);
        }
        self.vitals.polled = true;
        if !self.vitals.ticked && self.poll_timers(task).is_ready() {
            return Poll::Ready(None);
        }
        self.vitals.ticked = false;
        let next = self.poll_messages(task, is_empty);
        // The mailbox had its turn.
        if next.is_pending() && self.poll_timers(task).is_ready() {
            return Poll::Ready(None);
        }
        next
    }

    /// Nothing but what still waits comes before the end.
    fn poll_rest(&mut self, task: &mut TaskContext<'_>, is_empty: bool) -> Poll<Option<Pause>> {
        if is_empty && self.end.slot().queue.length() == 0 {
            return Poll::Ready(self.vitals.ending.take().map(Pause::Ended));
        }
        let ready = self.end.poll_ready(self.batch, is_empty, task);
        ready.map(|()| None)
    }

    /// A message, or the end for want of messages.
    #[inline]
    fn poll_messages(&mut self, task: &mut TaskContext<'_>, is_empty: bool) -> Poll<Option<Pause>> {
        let ready = self.end.poll_ready(self.batch, is_empty, task);
        match &mut self.vitals.idle {
            None => ready.map(|()| None),
            Some(idle) if ready.is_ready() => {
                idle.busy = true;
                Poll::Ready(None)
            }
            Some(_) => self.poll_idle(task),
        }
    }

    #[cold]
    fn poll_idle(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Pause>> {
        ready!(self.vitals.poll_idle(self.core, task));
        let passive = self.batch.ring().is_empty() && self.end.passivate();
        self.vitals.passivate(passive, task)
    }

    fn poll_timers(&mut self, task: &mut TaskContext<'_>) -> Poll<()> {
        let due = ready!(self.vitals.poll_timers(self.end.slot(), task));
        self.put_first(due);
        Poll::Ready(())
    }

    /// What is due is what comes next.
    #[cold]
    fn put_first(&mut self, due: Due) {
        let (place, origin) = match due {
            // What a timer begins was caused by nobody.
            Due::Tick(timer) => {
                let ticks = self.vitals.ticks();
                (ticks.and_then(|ticks| (ticks.put)(timer, self.batch)), None)
            }
            Due::Later(mut later) => (self.batch.push_front(&mut *later.message), later.origin),
        };
        if let Some(luggage) = place {
            *luggage = self.end.luggage(origin);
        }
    }
}
