//! What a service does next: obey, answer, handle a message, tick, or end for want of messages.

use std::task::{Context as TaskContext, Poll, ready};

use super::incarnation::Body;
use super::life::Pause;
use super::turn::Turned;
use crate::service::Service;
use crate::timer::Due;

impl<S: Service> Body<S> {
    /// Handles messages until there is something else to do; `None` if that is to await the handler of the one held.
    pub(super) fn poll_next(
        &mut self,
        task: &mut TaskContext<'_>,
        state: &mut S,
        held: &mut Option<S::Message>,
    ) -> Poll<Option<Pause>> {
        loop {
            if self.cx.has_effects()
                && let Some(pause) = self.vitals.apply(self.cx.core())
            {
                return Poll::Ready(Some(pause));
            }
            let next = if self.vitals.awaits_only_messages() {
                self.poll_messages(task)
            } else {
                self.poll_all(task)
            };
            match next {
                Poll::Ready(None) => match self.take_turn(state, held) {
                    Turned::Over => {}
                    Turned::Held => return Poll::Ready(None),
                    Turned::Crashed(pause) => return Poll::Ready(Some(pause)),
                },
                other => {
                    self.vitals.polled = false;
                    self.vitals.recorder.end();
                    return other;
                }
            }
        }
    }

    /// What comes next, of all that may come; `None` for a message.
    fn poll_all(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Pause>> {
        if self.vitals.ending.is_some() {
            return self.poll_rest(task);
        }
        let Poll::Ready(order) = self.vitals.poll_order(task) else {
            self.receiver.delayed();
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
        let next = self.poll_messages(task);
        // The mailbox had its turn.
        if next.is_pending() && self.poll_timers(task).is_ready() {
            return Poll::Ready(None);
        }
        next
    }

    /// Nothing but what still waits comes before the end.
    fn poll_rest(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Pause>> {
        if self.receiver.is_empty() {
            return Poll::Ready(self.vitals.ending.take().map(Pause::Ended));
        }
        self.receiver.poll_ready(task).map(|()| None)
    }

    /// A message, or the end for want of messages.
    #[inline]
    fn poll_messages(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Pause>> {
        let ready = self.receiver.poll_ready(task);
        match &mut self.vitals.idle {
            None => ready.map(|()| None),
            Some(idle) if ready.is_ready() => {
                idle.busy = true;
                Poll::Ready(None)
            }
            Some(_) => self.poll_idle(task),
        }
    }

    fn poll_idle(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Pause>> {
        ready!(self.vitals.poll_idle(self.cx.core(), task));
        let passive = self.receiver.passivate();
        self.vitals.passivate(passive, task)
    }

    fn poll_timers(&mut self, task: &mut TaskContext<'_>) -> Poll<()> {
        let due = ready!(self.vitals.poll_timers(self.receiver.slot(), task));
        self.put_first(due);
        Poll::Ready(())
    }

    /// What is due is what comes next.
    #[cold]
    fn put_first(&mut self, due: Due) {
        match due {
            // What a timer begins was caused by nobody.
            Due::Tick(index) => {
                if let Some(timer) = S::TIMERS.get(index) {
                    self.receiver.put_first(timer.tick(), None);
                }
            }
            Due::Later(later) => {
                if let Ok(message) = later.message.downcast() {
                    self.receiver.put_first(*message, later.origin);
                }
            }
        }
    }
}
