//! What an incarnation works with that does not know its service: compiled once for all of them.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use super::life::Pause;
use super::turn::Turn;
use crate::activity::Recorder;
use crate::blueprint::{Blueprint, Ticks};
use crate::child_spec::Child;
use crate::context::Core;
use crate::deadline::Ticket;
use crate::exit::ExitReason;
use crate::process::{Order, Process, Signal};
use crate::ring::{self, Held};
use crate::rt::{Arc, Instant, Sleep, after, sleep};
use crate::slot::{Control, Slot};
use crate::stats::Meter;
use crate::tally::Unhandled;
use crate::timer::{Due, Timers};

pub(super) struct Vitals {
    pub(super) meter: Meter,
    pub(super) timers: Timers,
    /// Tells what runs.
    pub(super) recorder: Recorder,
    /// The current instance has a deadline or a caller from an earlier message.
    pub(super) attributed: bool,
    pub(super) idle: Option<Box<Idle>>,
    /// How long it may take to end by itself.
    pub(super) time_to_end: Option<Duration>,
    /// Why it ends, while it still serves what waits.
    pub(super) ending: Option<Box<ExitReason>>,
    /// The waker that the lane has.
    lane: Option<Waker>,
    /// A tick was served last: now it is the mailbox's turn.
    pub(super) ticked: bool,
    /// It did not wait for anything since this poll of its task began, and everything may come.
    pub(super) polled: bool,
    pub(super) turn: Turn,
}

pub(super) struct Idle {
    after: Duration,
    since: Pin<Box<Sleep>>,
    /// A message came since the clock was set.
    pub(super) busy: bool,
}

impl Vitals {
    /// Those of an incarnation that occupies `slot`.
    pub(super) fn enter(
        child: &Child,
        slot: &Arc<Slot>,
        idle: Option<Duration>,
        service: &'static Blueprint,
    ) -> Self {
        let process = child.process().clone();
        Self {
            meter: Meter::enter(slot, service),
            recorder: Recorder::new(process, service),
            timers: Timers::default(),
            time_to_end: child.time_to_end(),
            attributed: false,
            idle: idle.map(|after| {
                Box::new(Idle {
                    after,
                    since: Box::pin(sleep(after)),
                    // The clock starts when the service has.
                    busy: true,
                })
            }),
            ending: None,
            lane: None,
            ticked: false,
            polled: false,
            turn: Turn::default(),
        }
    }

    pub(super) fn process(&self) -> &Arc<Process> {
        self.recorder.process()
    }

    pub(super) fn ticks(&self) -> Option<&'static Ticks> {
        self.recorder.service().timers.as_ref()
    }

    /// Starts the service's own timers.
    pub(super) fn start_timers(&mut self) {
        if let Some(ticks) = self.ticks() {
            let periods = (0..).map_while(ticks.period);
            periods.for_each(|period| self.timers.repeat(period));
        }
    }

    /// True if nothing but a message can have come since the last one.
    // Within one poll of the task, its waker stays the same: the lane has it.
    #[inline]
    pub(super) fn awaits_only_messages(&self) -> bool {
        self.polled && !self.process().is_signalled() && self.timers.is_empty()
    }

    /// Does what the handlers asked for; gives a reason if that was to stop.
    #[cold]
    pub(super) fn apply(&mut self, core: &Core) -> Option<Pause> {
        let effects = core.take_effects();
        for later in effects.later {
            self.timers.add(later);
        }
        for number in effects.cancelled {
            self.timers.cancel(number);
        }
        let stop = effects.stop.map(Box::new)?;
        match self.ending {
            None => Some(Pause::Stop(stop)),
            // It stops already; a crash still ends it at once.
            Some(_) => (!stop.is_clean()).then_some(Pause::Ended(stop)),
        }
    }

    /// Gives the reason back if it ends at once. Under `mailbox(drain)`, what waits is served before a stop; nothing
    /// more comes in.
    pub(super) fn stop(&mut self, slot: &Slot, reason: ExitReason) -> Option<ExitReason> {
        let drains =
            slot.spec().options().drain && reason.is_clean() && !self.process().is_passivated();
        if !drains {
            return Some(reason);
        }
        slot.with_control(Control::close);
        self.ending = Some(Box::new(reason));
        self.polled = false;
        None
    }

    /// What it is told or asked on its lane, if anything; pending while nothing is served.
    // The lane keeps the task's waker from the first time on, so this mostly costs one load.
    pub(super) fn poll_order(&mut self, task: &TaskContext<'_>) -> Poll<Option<Pause>> {
        let known = self
            .lane
            .as_ref()
            .is_some_and(|waker| waker.will_wake(task.waker()));
        if known && !self.process().is_signalled() {
            return Poll::Ready(None);
        }
        self.lane = Some(task.waker().clone());
        match self.process().poll_order(task) {
            Poll::Ready(Order::Signal(Signal::Stop(_))) => Poll::Ready(Some(Pause::Told)),
            Poll::Ready(Order::Ask(ask)) => Poll::Ready(Some(Pause::Asked(Box::new(ask)))),
            // The abort is on its way, or it is suspended: nothing more is run.
            Poll::Ready(Order::Signal(Signal::Kill) | Order::Suspended) => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
        }
    }

    /// The next tick or message to oneself that is due.
    pub(super) fn poll_timers(&mut self, slot: &Slot, task: &mut TaskContext<'_>) -> Poll<Due> {
        if self.timers.is_empty() {
            return Poll::Pending;
        }
        let due = self.timers.poll(task);
        let missed = self.timers.take_missed();
        if missed > 0 {
            slot.count(Unhandled::MissedTicks, missed);
        }
        self.ticked = due.is_ready();
        due
    }

    /// Ready when it has had nothing to do for its idle time.
    pub(super) fn poll_idle(&mut self, core: &Core, task: &mut TaskContext<'_>) -> Poll<()> {
        let Some(idle) = &mut self.idle else {
            return Poll::Pending;
        };
        if mem::take(&mut idle.busy) {
            idle.since.as_mut().reset(after(Instant::now(), idle.after));
        }
        while idle.since.as_mut().poll(task).is_ready() {
            if !self.timers.expects() && !core.is_busy() {
                return Poll::Ready(());
            }
            // Its own unfinished work would be lost: it gets as much time again.
            idle.since.as_mut().reset(after(
                Instant::now(),
                idle.after.max(Duration::from_millis(1)),
            ));
        }
        Poll::Pending
    }

    /// It ends for want of messages, if what comes now is its successor's.
    pub(super) fn passivate(
        &mut self,
        passive: bool,
        task: &TaskContext<'_>,
    ) -> Poll<Option<Pause>> {
        if passive {
            self.process().passivate();
            return Poll::Ready(Some(Pause::Stop(Box::new(ExitReason::Shutdown))));
        }
        // Something waits that may not wake this task: it looks again after another idle time.
        if let Some(idle) = &mut self.idle {
            idle.busy = true;
            task.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Says whose message is handled from now on: whose time the handler's calls inherit, and who waits for it.
    #[inline]
    pub(super) fn attribute(&mut self, slot: &Slot, ticket: Option<Ticket>, wait: Option<&Held>) {
        slot.waits.serve(ticket);
        if wait.is_some() || mem::take(&mut self.attributed) {
            self.attributed = wait.is_some();
            ring::attribute(wait.map(Held::wait));
        }
    }
}
