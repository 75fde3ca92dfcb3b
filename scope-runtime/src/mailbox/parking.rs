//! What senders do who found the queue full, and the receiver for them; the protocol is in `mailbox.rs`.

use std::mem;
use std::task::{Context, Poll, Waker};

use super::{Queue, Sender, State, wake};
use crate::berth::Outbox;
use crate::reply::Failure;
use crate::rt::{Ordering, lock};
use crate::waking::wake_all;

impl Queue {
    /// Puts a message at the end of the line; gives its ticket.
    ///
    /// # Errors
    /// Nobody is there any more.
    pub(crate) fn park(
        &self,
        outbox: &mut dyn Outbox,
        from: Sender<'_>,
        cx: &Context<'_>,
    ) -> Result<u64, Box<Failure>> {
        let mut state = lock(&self.state);
        // The occupant may have left between the refused push and this.
        state.control.accepts()?;
        let stamp = state.control.sampler.stamp();
        let State { items, parked, .. } = &mut *state;
        let Some((ticket, luggage)) = parked.push(outbox, cx.waker(), items) else {
            return Err(Box::new(Failure::NoProc));
        };
        from.fill(luggage, stamp);
        // Room may have appeared meanwhile.
        let wakers = self.admit(&mut state);
        let receiver = if state.items.is_empty() {
            None
        } else {
            state.control.receiver.take()
        };
        drop(state);
        wake_all(wakers);
        wake(receiver);
        Ok(ticket)
    }

    /// What became of the parked message with this ticket. It is back in `outbox` if it was refused.
    pub(crate) fn poll_parked(
        &self,
        ticket: u64,
        outbox: &mut dyn Outbox,
        cx: &Context<'_>,
    ) -> Poll<Result<u64, Box<Failure>>> {
        let mut state = lock(&self.state);
        if let Some(waker) = state.parked.waker_mut(ticket) {
            if !waker.will_wake(cx.waker()) {
                let before = mem::replace(waker, cx.waker().clone());
                drop(state);
                drop(before);
            }
            return Poll::Pending;
        }
        let incarnation = state.control.accepts().unwrap_or(0);
        let left = state.parked.leave(ticket, outbox);
        drop(state);
        let failure = left.and_then(|mut left| left.failure.take());
        Poll::Ready(failure.map_or(Ok(incarnation), |failure| Err(Box::new(failure))))
    }

    /// Takes a parked message out of the line, if it is there.
    pub(crate) fn cancel(&self, ticket: u64, into: &mut dyn Outbox) -> bool {
        // What is left is dropped when the lock is free.
        let left = lock(&self.state).parked.leave(ticket, into);
        left.is_some()
    }

    /// Moves parked messages in as long as there is room.
    pub(crate) fn admit(&self, state: &mut State) -> Vec<Waker> {
        let room = self.capacity.saturating_sub(self.length_in(state));
        let (wakers, waiting) = state.parked.admit(room, &mut state.items);
        self.crowded.store(waiting, Ordering::Release);
        let length = self.length_in(state);
        self.rise(state, length);
        wakers
    }

    /// Moves parked messages in, and wakes their senders.
    #[cold]
    pub(super) fn let_in(&self) {
        let wakers = self.admit(&mut lock(&self.state));
        wake_all(wakers);
    }
}
