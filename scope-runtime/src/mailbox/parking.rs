//! What senders do who found the queue full, and the receiver for them; the protocol is in `mailbox.rs`.

use std::mem;
use std::task::{Context, Poll, Waker};

use super::{Queue, Refused, State, wake};
use crate::envelope::Envelope;
use crate::line::Step;
use crate::message::Message;
use crate::rt::{Ordering, lock};

impl<M: Message> Queue<M> {
    /// Puts a message at the end of the line; gives its ticket.
    ///
    /// # Errors
    /// Nobody is there any more.
    pub(crate) fn park(
        &self,
        mut envelope: Envelope<M>,
        cx: &Context<'_>,
    ) -> Result<u64, Refused<M>> {
        let mut state = lock(&self.state);
        // The occupant may have left between the refused push and this.
        if let Err(failure) = state.control.accepts() {
            return Err(Refused {
                message: envelope.message,
                failure: *failure,
            });
        }
        envelope.luggage.stamp = state.control.sampler.stamp();
        let ticket = state.parked.push(envelope, cx.waker().clone());
        // Room may have appeared meanwhile.
        let wakers = self.admit(&mut state);
        let receiver = if state.items.is_empty() {
            None
        } else {
            state.control.receiver.take()
        };
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        wake(receiver);
        Ok(ticket)
    }

    /// What became of the parked message with this ticket.
    pub(crate) fn poll_parked(
        &self,
        ticket: u64,
        cx: &Context<'_>,
    ) -> Poll<Result<u64, Refused<M>>> {
        let mut state = lock(&self.state);
        let incarnation = state.control.accepts().unwrap_or(0);
        let Some(parked) = state.parked.get_mut(ticket) else {
            return Poll::Ready(Ok(incarnation));
        };
        match mem::replace(&mut parked.step, Step::Done) {
            Step::Done => Poll::Ready(Ok(incarnation)),
            Step::Refused(envelope, failure) => {
                state.parked.trim();
                drop(state);
                let message = envelope.message;
                Poll::Ready(Err(Refused { message, failure }))
            }
            waiting @ Step::Waiting(_) => {
                parked.step = waiting;
                let known = parked.waker.as_ref();
                if !known.is_some_and(|waker| waker.will_wake(cx.waker())) {
                    let before = parked.waker.replace(cx.waker().clone());
                    drop(state);
                    drop(before);
                }
                Poll::Pending
            }
        }
    }

    /// Takes a parked message out of the line.
    pub(crate) fn cancel(&self, ticket: u64) -> Option<Envelope<M>> {
        let mut state = lock(&self.state);
        let parked = state.parked.get_mut(ticket)?;
        let (step, waker) = (
            mem::replace(&mut parked.step, Step::Done),
            parked.waker.take(),
        );
        state.parked.trim();
        drop(state);
        drop(waker);
        match step {
            Step::Waiting(envelope) | Step::Refused(envelope, _) => Some(envelope),
            Step::Done => None,
        }
    }

    /// Moves parked messages in as long as there is room.
    pub(crate) fn admit(&self, state: &mut State<M>) -> Vec<Waker> {
        let mut wakers = Vec::new();
        let mut room = self.capacity.saturating_sub(self.length_in(state));
        let mut waiting = false;
        let State { parked, items, .. } = state;
        for parked in parked.iter_mut() {
            if !matches!(parked.step, Step::Waiting(_)) {
                continue;
            }
            if room == 0 {
                waiting = true;
                break;
            }
            if let Some(envelope) = parked.take_waiting() {
                items.push_back(envelope.message, envelope.luggage);
                wakers.extend(parked.waker.take());
                room -= 1;
            }
        }
        self.crowded.store(waiting, Ordering::Release);
        state.parked.trim();
        let length = self.length_in(state);
        state.control.rise(length);
        wakers
    }

    /// Moves parked messages in, and wakes their senders.
    #[cold]
    pub(super) fn let_in(&self) {
        let wakers = self.admit(&mut lock(&self.state));
        wakers.into_iter().for_each(Waker::wake);
    }
}
