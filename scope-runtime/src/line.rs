//! The line of those who wait for room in a mailbox, each with a message.

use std::collections::VecDeque;
use std::mem;
use std::task::Waker;

use crate::berth::Outbox;
use crate::luggage::Luggage;
use crate::reply::Failure;
use crate::store::{Items, Store};

/// First come, first served.
///
/// Few mailboxes ever have one.
#[derive(Default)]
pub(crate) struct Line(Option<Box<Kept>>);

struct Kept {
    /// Who waits, in the order of their tickets; `None` for those who do not any more.
    wakers: VecDeque<Option<Waker>>,
    /// Their messages, each at the place of its sender.
    messages: Box<dyn Store>,
    /// The ticket of the first one.
    first: u64,
    /// Those who were sent away. They are not in the way of others, whenever they come back.
    refused: Vec<Refused>,
}

/// Senders who were sent away together, whose messages are still theirs to fetch.
struct Refused {
    failure: Failure,
    first: u64,
    /// Who has not come yet.
    missing: Vec<bool>,
    messages: Box<dyn Store>,
}

/// What is left of a sender who has its message back. To be dropped outside of the lock.
pub(crate) struct Left {
    /// Set if it was refused.
    pub(crate) failure: Option<Failure>,
    _waker: Option<Waker>,
    _luggage: Option<Luggage>,
}

impl Line {
    /// True if nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        let kept = self.0.as_ref();
        kept.is_none_or(|kept| kept.wakers.is_empty())
    }

    /// Moves a sender's message, which is one like those in the queue, to the end. Gives the ticket and the place of
    /// what travels with it.
    pub(crate) fn push(
        &mut self,
        outbox: &mut dyn Outbox,
        waker: &Waker,
        like: &Items,
    ) -> Option<(u64, &mut Luggage)> {
        let kept = self.0.get_or_insert_with(|| {
            Box::new(Kept {
                wakers: VecDeque::new(),
                messages: like.make_store(),
                first: 0,
                refused: Vec::new(),
            })
        });
        let luggage = kept.messages.push_back(outbox)?;
        let ticket = kept.first + kept.wakers.len() as u64;
        kept.wakers.push_back(Some(waker.clone()));
        Some((ticket, luggage))
    }

    /// Who is woken for this ticket, while it waits.
    pub(crate) fn waker_mut(&mut self, ticket: u64) -> Option<&mut Waker> {
        let kept = self.0.as_mut()?;
        let index = index(kept.first, ticket)?;
        kept.wakers.get_mut(index)?.as_mut()
    }

    /// Moves messages into the queue as long as there is room. Gives whom to wake, and whether somebody still waits.
    pub(crate) fn admit(&mut self, mut room: usize, items: &mut Items) -> (Vec<Waker>, bool) {
        let (mut wakers, mut waiting) = (Vec::new(), false);
        let Some(kept) = &mut self.0 else {
            return (wakers, waiting);
        };
        for (index, waker) in kept.wakers.iter_mut().enumerate() {
            if waker.is_none() {
                continue;
            }
            if room == 0 {
                waiting = true;
                break;
            }
            items.push_from(&mut *kept.messages, index);
            wakers.extend(waker.take());
            room -= 1;
        }
        kept.trim();
        (wakers, waiting)
    }

    /// Nobody will be let in. Gives whom to wake: their messages are theirs to fetch.
    pub(crate) fn refuse(&mut self, failure: &Failure, like: &Items) -> Vec<Waker> {
        match &mut self.0 {
            Some(kept) if !kept.wakers.is_empty() => kept.refuse(failure, like),
            _ => Vec::new(),
        }
    }

    /// Gives a sender its message back; `None` if it is not here any more.
    pub(crate) fn leave(&mut self, ticket: u64, into: &mut dyn Outbox) -> Option<Left> {
        let kept = self.0.as_mut()?;
        let Some(index) = index(kept.first, ticket) else {
            return kept.leave_refused(ticket, into);
        };
        let waker = kept.wakers.get_mut(index)?.take()?;
        let luggage = kept.messages.take_at(index, into);
        kept.trim();
        Some(Left {
            failure: None,
            _waker: Some(waker),
            _luggage: luggage,
        })
    }
}

impl Kept {
    fn refuse(&mut self, failure: &Failure, like: &Items) -> Vec<Waker> {
        let wakers = mem::take(&mut self.wakers);
        let missing: Vec<bool> = wakers.iter().map(Option::is_some).collect();
        let first = self.first;
        self.first += missing.len() as u64;
        self.refused.push(Refused {
            failure: failure.clone(),
            first,
            missing,
            messages: mem::replace(&mut self.messages, like.make_store()),
        });
        wakers.into_iter().flatten().collect()
    }

    fn leave_refused(&mut self, ticket: u64, into: &mut dyn Outbox) -> Option<Left> {
        let mut found = self.refused.iter().enumerate();
        let (number, index) =
            found.find_map(|(number, refused)| Some((number, refused.place(ticket)?)))?;
        let refused = self.refused.get_mut(number)?;
        let luggage = refused.messages.take_at(index, into);
        if let Some(missing) = refused.missing.get_mut(index) {
            *missing = false;
        }
        let failure = if refused.missing.contains(&true) {
            refused.failure.clone()
        } else {
            self.refused.swap_remove(number).failure
        };
        Some(Left {
            failure: Some(failure),
            _waker: None,
            _luggage: luggage,
        })
    }

    /// Removes who does not wait any more at its beginning.
    fn trim(&mut self) {
        while let Some(None) = self.wakers.front() {
            self.wakers.pop_front();
            self.first += 1;
            self.messages.forget_first();
        }
    }
}

impl Refused {
    /// The place of a sender who has not come yet.
    fn place(&self, ticket: u64) -> Option<usize> {
        let index = index(self.first, ticket)?;
        (*self.missing.get(index)?).then_some(index)
    }
}

/// The place of a ticket in a row that begins with the ticket `first`.
fn index(first: u64, ticket: u64) -> Option<usize> {
    usize::try_from(ticket.checked_sub(first)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::berth::Berth;
    use crate::blueprint::Blueprint;
    use crate::message::{Message, Route};
    use crate::options::{Layer, ServiceId};

    static NUMBERS: Blueprint = Blueprint::of_place::<Number>(ServiceId::new(
        module_path!(),
        "numbers",
        Layer::Application,
    ));

    #[derive(Debug, PartialEq, Eq)]
    struct Number(u32);

    impl Message for Number {
        fn route(&mut self) -> Route<'_> {
            Route::cast("number")
        }
    }

    fn push(line: &mut Line, items: &Items, number: u32) -> u64 {
        let mut outbox = Berth::Holds(Number(number));
        let pushed = line.push(&mut outbox, Waker::noop(), items);
        pushed.map(|(ticket, _)| ticket).unwrap()
    }

    /// What a sender gets back, and whether it was refused.
    fn leave(line: &mut Line, ticket: u64) -> Option<(Option<Number>, bool)> {
        let mut outbox = Berth::Empty;
        let left = line.leave(ticket, &mut outbox)?;
        Some((outbox.take(), left.failure.is_some()))
    }

    #[test]
    fn who_leaves_takes_its_message_along_and_the_others_keep_their_order() {
        let (mut line, mut items) = (Line::default(), Items::new(&NUMBERS));
        let tickets = [1, 2, 3, 4].map(|number| push(&mut line, &items, number));
        assert_eq!(leave(&mut line, tickets[1]), Some((Some(Number(2)), false)));
        assert_eq!(leave(&mut line, tickets[1]), None, "it has left");
        let (wakers, waiting) = line.admit(2, &mut items);
        assert_eq!((wakers.len(), waiting), (2, true));
        let mut admitted = Berth::Empty;
        items.take_first(&mut admitted).unwrap();
        assert_eq!(admitted.take(), Some(Number(1)));
        assert_eq!(leave(&mut line, tickets[0]), None, "it was let in");
        assert!(line.waker_mut(tickets[3]).is_some());
        assert_eq!(leave(&mut line, tickets[3]), Some((Some(Number(4)), false)));
        assert!(line.is_empty());
    }

    #[test]
    fn who_was_refused_and_does_not_come_is_in_nobodys_way() {
        let (mut line, mut items) = (Line::default(), Items::new(&NUMBERS));
        let refused = [1, 2].map(|number| push(&mut line, &items, number));
        assert_eq!(line.refuse(&Failure::NoProc, &items).len(), 2);
        assert!(line.is_empty(), "nobody waits");
        assert!(line.refuse(&Failure::NoProc, &items).is_empty());
        for number in 3..100 {
            let ticket = push(&mut line, &items, number);
            assert_eq!(line.admit(1, &mut items).0.len(), 1);
            assert!(line.waker_mut(ticket).is_none());
            let kept = line.0.as_mut().unwrap();
            assert_eq!((kept.wakers.len(), kept.messages.ring().len()), (0, 0));
        }
        assert!(line.waker_mut(refused[0]).is_none());
        for (ticket, number) in refused.into_iter().zip([1, 2]) {
            assert_eq!(leave(&mut line, ticket), Some((Some(Number(number)), true)));
            assert_eq!(leave(&mut line, ticket), None, "once");
        }
        assert!(line.0.unwrap().refused.is_empty(), "all have come");
    }

    #[test]
    fn who_was_let_in_before_the_others_were_refused_is_not_refused() {
        let (mut line, mut items) = (Line::default(), Items::new(&NUMBERS));
        let tickets = [1, 2, 3].map(|number| push(&mut line, &items, number));
        assert_eq!(leave(&mut line, tickets[1]), Some((Some(Number(2)), false)));
        line.admit(1, &mut items);
        line.refuse(&Failure::NoProc, &items);
        assert_eq!(leave(&mut line, tickets[0]), None);
        assert_eq!(leave(&mut line, tickets[1]), None);
        assert_eq!(leave(&mut line, tickets[2]), Some((Some(Number(3)), true)));
    }
}
