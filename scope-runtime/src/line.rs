//! The line of those who wait for room in a mailbox, each with a message.

use std::collections::VecDeque;
use std::mem;
use std::task::Waker;

use crate::berth::Outbox;
use crate::luggage::Luggage;
use crate::reply::Failure;
use crate::store::{Items, Store};

/// First come, first served. An entry stays until its sender has learnt what became of it.
#[derive(Default)]
pub(crate) struct Line {
    entries: VecDeque<Parked>,
    /// Their messages, each at the place of its entry. Made for the first one.
    messages: Option<Box<dyn Store>>,
    /// The ticket of the first entry.
    first: u64,
}

pub(crate) struct Parked {
    /// Taken out before the entry is dropped: a waker's destructor is foreign code.
    pub(crate) waker: Option<Waker>,
    pub(crate) step: Step,
}

pub(crate) enum Step {
    Waiting,
    /// Its message is still its sender's to fetch.
    Refused(Failure),
    /// Its message is not here any more.
    Done,
}

/// What is left of an entry whose sender has its message back. To be dropped outside of the lock.
pub(crate) struct Left {
    /// Set if it was refused.
    pub(crate) failure: Option<Failure>,
    _waker: Option<Waker>,
    _luggage: Option<Luggage>,
}

impl Line {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Moves a sender's message, which is one like those in the queue, to the end. Gives the ticket and the place of
    /// what travels with it.
    pub(crate) fn push(
        &mut self,
        outbox: &mut dyn Outbox,
        waker: &Waker,
        like: &Items,
    ) -> Option<(u64, &mut Luggage)> {
        let messages = self.messages.get_or_insert_with(|| like.make_store());
        let luggage = messages.push_back(outbox)?;
        let ticket = self.first + self.entries.len() as u64;
        self.entries.push_back(Parked {
            waker: Some(waker.clone()),
            step: Step::Waiting,
        });
        Some((ticket, luggage))
    }

    /// The entry with this ticket; `None` once it is done.
    pub(crate) fn get_mut(&mut self, ticket: u64) -> Option<&mut Parked> {
        let index = self.index(ticket)?;
        self.entries.get_mut(index)
    }

    fn index(&self, ticket: u64) -> Option<usize> {
        usize::try_from(ticket.checked_sub(self.first)?).ok()
    }

    /// Moves messages into the queue as long as there is room. Gives whom to wake, and whether somebody still waits.
    pub(crate) fn admit(&mut self, mut room: usize, items: &mut Items) -> (Vec<Waker>, bool) {
        let (mut wakers, mut waiting) = (Vec::new(), false);
        for (index, parked) in self.entries.iter_mut().enumerate() {
            if !matches!(parked.step, Step::Waiting) {
                continue;
            }
            if room == 0 {
                waiting = true;
                break;
            }
            if let Some(messages) = &mut self.messages {
                items.push_from(&mut **messages, index);
            }
            parked.step = Step::Done;
            wakers.extend(parked.waker.take());
            room -= 1;
        }
        self.trim();
        (wakers, waiting)
    }

    /// Nobody will be let in. Gives whom to wake: their messages are theirs to fetch.
    pub(crate) fn refuse(&mut self, failure: &Failure) -> Vec<Waker> {
        let mut wakers = Vec::new();
        for parked in &mut self.entries {
            if matches!(parked.step, Step::Waiting) {
                parked.step = Step::Refused(failure.clone());
                wakers.extend(parked.waker.take());
            }
        }
        wakers
    }

    /// Gives a sender its message back; `None` if it is not here any more.
    pub(crate) fn leave(&mut self, ticket: u64, into: &mut dyn Outbox) -> Option<Left> {
        let index = self.index(ticket)?;
        let parked = self.entries.get_mut(index)?;
        let failure = match mem::replace(&mut parked.step, Step::Done) {
            Step::Waiting => None,
            Step::Refused(failure) => Some(failure),
            Step::Done => return None,
        };
        let waker = parked.waker.take();
        let messages = self.messages.as_mut();
        let luggage = messages.and_then(|messages| messages.take_at(index, into));
        self.trim();
        Some(Left {
            failure,
            _waker: waker,
            _luggage: luggage,
        })
    }

    /// Removes what is done at its beginning.
    fn trim(&mut self) {
        while let Some(Parked {
            step: Step::Done, ..
        }) = self.entries.front()
        {
            self.entries.pop_front();
            self.first += 1;
            if let Some(messages) = &mut self.messages {
                messages.forget_first();
            }
        }
    }
}
