//! Where the messages of a mailbox lie, for those who do not know their type.
//!
//! The type of the messages is known at both ends only: to who sends them, and to who handles them. All between
//! is compiled once, not once for each service.

use std::any::{Any, TypeId};
use std::mem;

use crate::berth::Outbox;
use crate::fifo::{Fifo, Ring};
use crate::luggage::Luggage;
use crate::message::Message;
use crate::reply::Failure;

/// A [`Fifo`] of messages. A distance is counted from the first one. Another store, or an outbox, has to be of the same
/// messages: one of others is left alone.
pub(crate) trait Store: Any + Send {
    /// An empty one for the same messages.
    fn make(&self) -> Box<dyn Store>;

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
    fn make(&self) -> Box<dyn Store> {
        Box::new(Self::EMPTY)
    }

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

    /// Moves a message to the end of another store, and leaves its place empty.
    fn move_at(&mut self, distance: usize, to: &mut dyn Store) {
        if let Some((berth, from)) = self.place(distance)
            && let Some(luggage) = to.push_back(berth)
        {
            *luggage = mem::take(from);
        }
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

/// What is queued in a mailbox.
pub(crate) struct Items {
    store: Box<dyn Store>,
    /// Asked for with each message.
    len: usize,
}

impl Items {
    pub(crate) fn new(store: Box<dyn Store>) -> Self {
        Self { store, len: 0 }
    }

    /// An empty store for the same messages.
    pub(crate) fn make_store(&self) -> Box<dyn Store> {
        self.store.make()
    }

    /// True if the store has this type.
    pub(crate) fn lie_in(&self, store: TypeId) -> bool {
        (*self.store).type_id() == store
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
        let luggage = self.store.push_back(outbox)?;
        self.len += 1;
        Some(luggage)
    }

    /// Moves a message from another store to the end.
    pub(crate) fn push_from(&mut self, from: &mut dyn Store, distance: usize) {
        from.move_at(distance, &mut *self.store);
        self.len += 1;
    }

    /// Moves the first message out.
    pub(crate) fn take_first(&mut self, into: &mut dyn Outbox) -> Option<Luggage> {
        let luggage = self.store.take_at(0, into)?;
        self.store.forget_first();
        self.len -= 1;
        Some(luggage)
    }

    /// Moves the first message, if there is one, to the end of another store.
    pub(crate) fn give_first(&mut self, to: &mut dyn Store) {
        if self.len > 0 {
            self.store.move_at(0, to);
            self.store.forget_first();
            self.len -= 1;
        }
    }

    /// Moves all into another store, which is empty; gives how many.
    pub(crate) fn swap(&mut self, empty: &mut dyn Store) -> usize {
        self.store.exchange(empty);
        mem::take(&mut self.len)
    }

    /// Moves all of another store before the first message.
    pub(crate) fn put_first(&mut self, others: &mut dyn Store) {
        self.store.put_first(others);
        self.len = self.store.ring().len();
    }

    /// Takes all messages out.
    pub(crate) fn take(&mut self) -> Box<dyn Store> {
        self.len = 0;
        let empty = self.make_store();
        mem::replace(&mut self.store, empty)
    }
}
