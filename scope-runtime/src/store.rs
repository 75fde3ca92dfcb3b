//! Where the messages of a mailbox lie, for those who do not know their type.
//!
//! The type of the messages is known at both ends only: to who sends them, and to who handles them. All between
//! is compiled once, not once for each service.

use std::any::Any;
use std::mem;

use crate::berth::Outbox;
use crate::blueprint::Blueprint;
use crate::fifo::{Fifo, Ring};
use crate::luggage::Luggage;
use crate::message::Message;
use crate::reply::Failure;

/// A [`Fifo`] of messages. A distance is counted from the first one. Another store, or an outbox, has to be of the same
/// messages: one of others is left alone.
pub(crate) trait Store: Any + Send {
    /// Which places are in use.
    fn ring(&mut self) -> &mut Ring;

    /// Makes room for more.
    fn grow(&mut self);

    /// Moves a message to the end. Gives the place of what travels with it, which is to be filled.
    fn push_back(&mut self, outbox: &mut dyn Outbox) -> Option<&mut Luggage>;

    /// A message, and what travels with it.
    fn place(&mut self, distance: usize) -> Option<(&mut dyn Outbox, &mut Luggage)>;

    /// Changes places with another store.
    fn exchange(&mut self, other: &mut dyn Store);
}

impl<M: Message> Store for Fifo<M> {
    fn ring(&mut self) -> &mut Ring {
        &mut self.ring
    }

    fn grow(&mut self) {
        self.double();
    }

    #[inline]
    fn push_back(&mut self, outbox: &mut dyn Outbox) -> Option<&mut Luggage> {
        let outbox: &mut dyn Any = outbox;
        match outbox.downcast_mut() {
            Some(outbox) => self.push_from(outbox),
            None => None,
        }
    }

    fn place(&mut self, distance: usize) -> Option<(&mut dyn Outbox, &mut Luggage)> {
        match self.at(distance) {
            Some((berth, luggage)) => Some((berth, luggage)),
            None => None,
        }
    }

    fn exchange(&mut self, other: &mut dyn Store) {
        let other: &mut dyn Any = other;
        if let Some(other) = other.downcast_mut() {
            self.swap(other);
        }
    }
}

impl dyn Store {
    /// Moves a message out, and leaves its place empty.
    pub(crate) fn take_at(&mut self, distance: usize, into: &mut dyn Outbox) -> Option<Luggage> {
        let (berth, luggage) = self.place(distance)?;
        // Nothing is dropped, whatever it holds.
        into.exchange(berth);
        Some(mem::take(luggage))
    }

    /// Moves a message to the end of another store, and leaves its place empty; false if there is none.
    fn move_at(&mut self, distance: usize, to: &mut dyn Store) -> bool {
        let Some((berth, from)) = self.place(distance) else {
            return false;
        };
        let Some(luggage) = to.push_back(berth) else {
            return false;
        };
        *luggage = mem::take(from);
        true
    }

    /// Leaves the first place, which is empty, behind.
    pub(crate) fn forget_first(&mut self) {
        self.ring().skip_first();
    }

    /// Moves a message before the first one. Gives the place of what travels with it, which is to be filled.
    pub(crate) fn push_front(&mut self, outbox: &mut dyn Outbox) -> Option<&mut Luggage> {
        if self.ring().is_full() {
            self.grow();
        }
        self.ring().push_front();
        let (berth, luggage) = self.place(0)?;
        berth.exchange(outbox);
        Some(luggage)
    }

    /// Moves all of another store before the first message.
    fn put_first(&mut self, others: &mut dyn Store) {
        while let Some(last) = others.ring().len().checked_sub(1) {
            if let Some((berth, from)) = others.place(last)
                && let Some(luggage) = self.push_front(berth)
            {
                *luggage = mem::take(from);
            }
            others.ring().skip_last();
        }
    }

    /// Tells the caller of the first message that nobody will handle it, and drops it; false if there is none.
    pub(crate) fn refuse_first(&mut self, failure: &Failure) -> bool {
        let Some((berth, luggage)) = self.place(0) else {
            return false;
        };
        berth.refuse(mem::take(luggage), failure);
        self.forget_first();
        true
    }
}

/// An empty store for the messages `M`.
pub(crate) fn new<M: Message>() -> Box<dyn Store> {
    Box::new(Fifo::<M>::EMPTY)
}

/// What is queued in a mailbox.
pub(crate) struct Items {
    /// Whose messages they are.
    service: &'static Blueprint,
    /// Made for the first of them.
    store: Option<Box<dyn Store>>,
    /// Asked for with each message.
    len: usize,
}

impl Items {
    pub(crate) fn new(service: &'static Blueprint) -> Self {
        Self {
            service,
            store: None,
            len: 0,
        }
    }

    /// An empty store for the same messages.
    pub(crate) fn make_store(&self) -> Box<dyn Store> {
        self.service.store()
    }

    #[inline]
    fn store(&mut self) -> &mut dyn Store {
        let service = self.service;
        &mut **self.store.get_or_insert_with(|| service.store())
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Moves a sender's message to the end. Gives the place of what travels with it, which is to be filled.
    #[inline]
    pub(crate) fn push_back(&mut self, outbox: &mut dyn Outbox) -> Option<&mut Luggage> {
        let service = self.service;
        let store = self.store.get_or_insert_with(|| service.store());
        let luggage = store.push_back(outbox)?;
        self.len += 1;
        Some(luggage)
    }

    /// Moves a message from another store to the end, if there is one.
    pub(crate) fn push_from(&mut self, from: &mut dyn Store, distance: usize) {
        if from.move_at(distance, self.store()) {
            self.len += 1;
        }
    }

    /// Moves the first message out.
    pub(crate) fn take_first(&mut self, into: &mut dyn Outbox) -> Option<Luggage> {
        let store = self.store.as_mut()?;
        let luggage = store.take_at(0, into)?;
        store.forget_first();
        self.len -= 1;
        Some(luggage)
    }

    /// Moves the first message, if there is one, to the end of another store.
    pub(crate) fn give_first(&mut self, to: &mut dyn Store) {
        if self.len > 0
            && let Some(store) = &mut self.store
        {
            store.move_at(0, to);
            store.forget_first();
            self.len -= 1;
        }
    }

    /// Moves all into another store, which is empty; gives how many.
    pub(crate) fn swap(&mut self, empty: &mut dyn Store) -> usize {
        if let Some(store) = &mut self.store {
            store.exchange(empty);
        }
        mem::take(&mut self.len)
    }

    /// Moves all of another store before the first message.
    pub(crate) fn put_first(&mut self, others: &mut dyn Store) {
        if !others.ring().is_empty() {
            let store = self.store();
            store.put_first(others);
            self.len = store.ring().len();
        }
    }

    /// Takes all messages out, if there ever was one.
    pub(crate) fn take(&mut self) -> Option<Box<dyn Store>> {
        self.len = 0;
        self.store.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::berth::Berth;
    use crate::message::Route;
    use crate::options::{Layer, ServiceId};

    static WORDS: Blueprint =
        Blueprint::of_place::<Word>(ServiceId::new(module_path!(), "words", Layer::Application));

    struct Word;

    impl Message for Word {
        fn route(&mut self) -> Route<'_> {
            Route::cast("word")
        }
    }

    #[test]
    fn only_what_was_moved_counts() {
        let (mut items, mut from) = (Items::new(&WORDS), Fifo::<Word>::EMPTY);
        from.push_from(&mut Berth::Holds(Word));
        let check = |items: &mut Items, count| {
            let stored = items.store.as_mut().map_or(0, |store| store.ring().len());
            assert_eq!((items.len(), stored), (count, count));
        };
        items.push_from(&mut from, 1);
        check(&mut items, 0);
        items.push_from(&mut from, 0);
        check(&mut items, 1);
        // It has left its place.
        items.push_from(&mut from, 0);
        check(&mut items, 1);
    }
}
