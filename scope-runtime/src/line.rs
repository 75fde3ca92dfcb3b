//! The line of those who wait for room in a mailbox, each with a message.

use std::collections::VecDeque;
use std::mem;
use std::task::Waker;

use crate::envelope::Envelope;
use crate::reply::Failure;

/// First come, first served. An entry stays until its sender has learnt what became of it.
pub(crate) struct Line<M> {
    entries: VecDeque<Parked<M>>,
    /// The ticket of the first entry.
    first: u64,
}

pub(crate) struct Parked<M> {
    /// Taken out before the entry is dropped: a waker's destructor is foreign code.
    pub(crate) waker: Option<Waker>,
    pub(crate) step: Step<M>,
}

pub(crate) enum Step<M> {
    Waiting(Envelope<M>),
    Refused(Envelope<M>, Failure),
    Done,
}

impl<M> Default for Line<M> {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
        }
    }
}

impl<M> Line<M> {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Puts a message at its end; gives the ticket.
    pub(crate) fn push(&mut self, envelope: Envelope<M>, waker: Waker) -> u64 {
        let ticket = self.first + self.entries.len() as u64;
        self.entries.push_back(Parked {
            waker: Some(waker),
            step: Step::Waiting(envelope),
        });
        ticket
    }

    /// The entry with this ticket; `None` once it is done.
    pub(crate) fn get_mut(&mut self, ticket: u64) -> Option<&mut Parked<M>> {
        let index = ticket.checked_sub(self.first)?;
        self.entries.get_mut(usize::try_from(index).ok()?)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Parked<M>> {
        self.entries.iter_mut()
    }

    /// Removes what is done at its beginning.
    pub(crate) fn trim(&mut self) {
        while self
            .entries
            .front()
            .is_some_and(|parked| matches!(parked.step, Step::Done))
        {
            self.entries.pop_front();
            self.first += 1;
        }
    }
}

impl<M> Parked<M> {
    /// Takes its message, if that still waits for room.
    pub(crate) fn take_waiting(&mut self) -> Option<Envelope<M>> {
        match mem::replace(&mut self.step, Step::Done) {
            Step::Waiting(envelope) => Some(envelope),
            step => {
                self.step = step;
                None
            }
        }
    }
}
