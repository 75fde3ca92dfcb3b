//! The system lane of a service, beside the signals: what it is asked, and whether it is suspended.
//!
//! # Protocol
//! The loop of a service looks here before each message. A signal comes first, then what was asked,
//! in its order; while the service is suspended, the mailbox is not looked at after that. What was
//! asked and not answered is dropped when the incarnation ends, so whoever asked never waits for
//! one that is gone. The queue is bounded by those who wait for an answer: what they gave up is
//! swept out before more is added.

use std::task::{Context, Poll};

use super::{Phase, Process, Signal};
use crate::activity::Activity;
use crate::health::{CheckOutcome, HealthCheck};
use crate::inspect::Inside;
use crate::rt::{Ordering, lock, oneshot};

/// What a service is asked beside its mailbox.
pub(crate) enum Ask {
    /// To run one of its health checks.
    Check(&'static HealthCheck, oneshot::Sender<CheckOutcome>),
    /// How much memory it says it uses.
    Memory(oneshot::Sender<Option<u64>>),
    /// What only itself can see.
    Inside(oneshot::Sender<Inside>),
}

impl Ask {
    fn is_given_up(&self) -> bool {
        match self {
            Self::Check(_, answer) => answer.is_closed(),
            Self::Memory(answer) => answer.is_closed(),
            Self::Inside(answer) => answer.is_closed(),
        }
    }
}

/// What the loop does before it looks at the mailbox.
pub(crate) enum Order {
    Signal(Signal),
    Ask(Ask),
    /// Nothing: the mailbox has to wait.
    Suspended,
}

impl Process {
    pub(crate) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Queues what is asked; false if it ends, or has.
    pub(crate) fn ask(&self, ask: Ask) -> bool {
        let waker = {
            let mut state = lock(&self.state);
            if state.ending || matches!(state.phase, Phase::Exited(_)) {
                return false;
            }
            let asked = &mut state.rare().asked;
            asked.retain(|ask| !ask.is_given_up());
            asked.push_back(ask);
            // Release: who sees the flag finds what is asked.
            self.signalled.store(true, Ordering::Release);
            state.lane.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// Lets the mailbox wait from the next message on, or no longer.
    pub(crate) fn suspend(&self, suspended: bool) {
        let waker = {
            let mut state = lock(&self.state);
            state.suspended = suspended;
            self.signalled.store(true, Ordering::Release);
            state.lane.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) fn is_suspended(&self) -> bool {
        lock(&self.state).suspended
    }

    /// What the loop of the service has to do before the mailbox; else the lane wakes `cx` when
    /// something comes.
    pub(crate) fn poll_order(&self, cx: &Context<'_>) -> Poll<Order> {
        // Under one lock: who comes in between would take the waker along, and the flag below would hide that.
        let mut state = lock(&self.state);
        if let Poll::Ready(signal) = state.poll_signal(cx) {
            return Poll::Ready(Order::Signal(signal));
        }
        let ask = state.rare.as_mut().and_then(|rare| rare.asked.pop_front());
        if let Some(ask) = ask {
            return Poll::Ready(Order::Ask(ask));
        }
        if state.suspended {
            return Poll::Ready(Order::Suspended);
        }
        self.signalled.store(false, Ordering::Relaxed);
        Poll::Pending
    }
}
