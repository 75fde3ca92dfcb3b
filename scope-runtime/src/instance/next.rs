//! What a service does next: obey, answer, handle a message, tick, or end for want of messages.

use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use super::{Body, Next};
use crate::exit::{ExitReason, catch};
use crate::process::{Order, Signal};
use crate::rt::{Instant, after};
use crate::service::Service;
use crate::tally::Unhandled;
use crate::timer::Due;

impl<S: Service> Body<S> {
    /// Handles messages until there is something else to do; the `rest` of them, or with all that may come between.
    pub(super) fn poll_contained(
        &mut self,
        task: &mut TaskContext<'_>,
        state: &mut S,
        rest: bool,
    ) -> Poll<Next<S::Message>> {
        let next = catch(|| {
            if rest {
                self.poll_rest(task, state)
            } else {
                self.poll_next(task, state)
            }
        });
        next.unwrap_or_else(|panic| Poll::Ready(Next::Crash(Box::new(ExitReason::panic(panic)))))
    }

    fn poll_next(&mut self, task: &mut TaskContext<'_>, state: &mut S) -> Poll<Next<S::Message>> {
        loop {
            // Within one poll of the task, its waker stays the same: the lane has it.
            let only_messages =
                self.polled && !self.process.is_signalled() && self.timers.is_empty();
            let next = if only_messages {
                self.poll_messages(task)
            } else {
                self.poll_all(task)
            };
            self.polled = next.is_ready();
            if !matches!(next, Poll::Ready(None)) {
                self.recorder.end();
                return next.map(|next| next.unwrap_or(Next::Effects));
            }
            let next = self.take_turn(state);
            if next.is_some() || self.cx.has_effects() {
                return Poll::Ready(next.unwrap_or(Next::Effects));
            }
        }
    }

    fn poll_rest(&mut self, task: &mut TaskContext<'_>, state: &mut S) -> Poll<Next<S::Message>> {
        ready!(self.receiver.poll_ready(task));
        Poll::Ready(self.take_turn(state).unwrap_or(Next::Effects))
    }

    /// What comes next, of all that may come; `None` for a message.
    fn poll_all(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Next<S::Message>>> {
        match self.poll_order(task) {
            Poll::Ready(Order::Signal(Signal::Stop(reason))) => {
                return Poll::Ready(Some(Next::End(Box::new(reason))));
            }
            Poll::Ready(Order::Ask(ask)) => return Poll::Ready(Some(Next::Asked(Box::new(ask)))),
            // The abort is on its way, or nothing is served: nothing more is run.
            Poll::Ready(Order::Signal(Signal::Kill)) => return Poll::Pending,
            Poll::Ready(Order::Suspended) => {
                self.receiver.delayed();
                return Poll::Pending;
            }
            Poll::Pending => {}
        }
        if !self.ticked && !self.timers.is_empty() && self.poll_timers(task).is_ready() {
            return Poll::Ready(None);
        }
        self.ticked = false;
        let next = self.poll_messages(task);
        // The mailbox had its turn.
        if next.is_pending() && !self.timers.is_empty() && self.poll_timers(task).is_ready() {
            return Poll::Ready(None);
        }
        next
    }

    /// A message, or the end for want of messages.
    #[inline]
    fn poll_messages(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Next<S::Message>>> {
        let ready = self.receiver.poll_ready(task);
        match &mut self.idle {
            None => ready.map(|()| None),
            Some(idle) if ready.is_ready() => {
                idle.busy = true;
                Poll::Ready(None)
            }
            Some(_) => {
                let end = self.poll_idle(task);
                end.map(|reason| Some(Next::End(Box::new(reason))))
            }
        }
    }

    /// The lane keeps the task's waker from the first time on, so this mostly costs one load.
    fn poll_order(&mut self, task: &TaskContext<'_>) -> Poll<Order> {
        let known = self
            .lane
            .as_ref()
            .is_some_and(|waker| waker.will_wake(task.waker()));
        if known && !self.process.is_signalled() {
            return Poll::Pending;
        }
        self.lane = Some(task.waker().clone());
        self.process.poll_order(task)
    }

    fn poll_timers(&mut self, task: &mut TaskContext<'_>) -> Poll<()> {
        let tick = self.timers.poll(task);
        let missed = self.timers.take_missed();
        if missed > 0 {
            self.receiver.slot().count(Unhandled::MissedTicks, missed);
        }
        self.ticked = tick.is_ready();
        tick.map(|due| self.put_first(due))
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

    fn poll_idle(&mut self, task: &mut TaskContext<'_>) -> Poll<ExitReason> {
        let Some(idle) = &mut self.idle else {
            return Poll::Pending;
        };
        if std::mem::take(&mut idle.busy) {
            idle.since.as_mut().reset(after(Instant::now(), idle.after));
        }
        while idle.since.as_mut().poll(task).is_ready() {
            if !self.timers.expects() && !self.cx.is_busy() {
                return self.passivate(task);
            }
            // Its own unfinished work would be lost: it gets as much time again.
            idle.since.as_mut().reset(after(
                Instant::now(),
                idle.after.max(Duration::from_millis(1)),
            ));
        }
        Poll::Pending
    }

    fn passivate(&mut self, task: &TaskContext<'_>) -> Poll<ExitReason> {
        if self.receiver.passivate() {
            self.process.passivate();
            return Poll::Ready(ExitReason::Shutdown);
        }
        // Something waits that may not wake this task: it looks again after another idle time.
        if let Some(idle) = &mut self.idle {
            idle.busy = true;
            task.waker().wake_by_ref();
        }
        Poll::Pending
    }
}
