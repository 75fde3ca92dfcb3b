//! Where the messages of a mailbox lie, for those who do not know their type.
//!
//! The type of the messages is known at both ends only: to who sends them, and to who handles them. All between
//! is compiled once, not once for each service.

use std::any::Any;
use std::mem;

use crate::berth::{Berth, Outbox};
use crate::fifo::Fifo;
use crate::luggage::{self, Luggage};
use crate::message::Message;
use crate::reply::Failure;

/// A [`Fifo`] of messages. A distance is counted from the first one. Another store, or an outbox, has to be of the same
/// messages: one of others is left alone.
pub(crate) trait Store: Any + Send {
    /// How many messages it has.
    fn count(&self) -> usize;

    /// An empty one for the same messages.
    fn make(&self) -> Box<dyn Store>;

    /// Moves a sender's message to the end. Gives the place of what travels with it, which is to be filled.
    fn push_back(&mut self, outbox: &mut dyn Outbox) -> Option<&mut Luggage>;

    /// Moves a message out, and leaves its place empty.
    fn take_at(&mut self, distance: usize, into: &mut dyn Outbox) -> Option<Luggage>;

    /// Moves a message to the end of another store, and leaves its place empty; false if there is none.
    fn move_at(&mut self, distance: usize, to: &mut (dyn Store + 'static)) -> bool;

    /// Leaves the first place, which is empty, behind.
    fn forget_first(&mut self);

    /// Changes places with another store.
    fn exchange(&mut self, other: &mut (dyn Store + 'static));

    /// Moves all of another store before the first message.
    fn put_first(&mut self, others: &mut (dyn Store + 'static));

    /// Tells the caller of the first message that nobody will handle it, and drops it; false if there is none.
    fn refuse_first(&mut self, failure: &Failure) -> bool;
}

impl<M: Message> Store for Fifo<M> {
    fn count(&self) -> usize {
        self.len()
    }

    fn make(&self) -> Box<dyn Store> {
        Box::new(Self::default())
    }

    #[inline]
    fn push_back(&mut self, outbox: &mut dyn Outbox) -> Option<&mut Luggage> {
        let outbox: &mut dyn Any = outbox;
        let outbox: &mut Berth<M> = outbox.downcast_mut()?;
        self.push_from(outbox)
    }

    fn take_at(&mut self, distance: usize, into: &mut dyn Outbox) -> Option<Luggage> {
        let into: &mut dyn Any = into;
        self.take_into(distance, into.downcast_mut()?)
    }

    fn move_at(&mut self, distance: usize, to: &mut (dyn Store + 'static)) -> bool {
        of_same(to).is_some_and(|to| self.move_to(distance, to))
    }

    fn forget_first(&mut self) {
        self.skip_first();
    }

    fn exchange(&mut self, other: &mut (dyn Store + 'static)) {
        if let Some(other) = of_same(other) {
            self.swap(other);
        }
    }

    fn put_first(&mut self, others: &mut (dyn Store + 'static)) {
        if let Some(others) = of_same(others) {
            self.put_before(others);
        }
    }

    fn refuse_first(&mut self, failure: &Failure) -> bool {
        let Some((message, luggage)) = self.take_first() else {
            return false;
        };
        luggage::refuse(message, luggage, failure);
        true
    }
}

fn of_same<'a, M: Message>(store: &'a mut (dyn Store + 'static)) -> Option<&'a mut Fifo<M>> {
    let store: &mut dyn Any = store;
    store.downcast_mut()
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

    /// True if the other store is for the same messages. A child keeps its place over restarts of its supervisor,
    /// whose `init` may decide for another service the next time.
    pub(crate) fn is_like(&self, other: &dyn Store) -> bool {
        (*self.store).type_id() == other.type_id()
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

    /// Moves a message from another store to the end, if there is one.
    pub(crate) fn push_from(&mut self, from: &mut dyn Store, distance: usize) {
        if from.move_at(distance, &mut *self.store) {
            self.len += 1;
        }
    }

    /// Moves the first message out.
    pub(crate) fn take_first(&mut self, into: &mut dyn Outbox) -> Option<Luggage> {
        let luggage = self.store.take_at(0, into)?;
        self.store.forget_first();
        self.len -= 1;
        Some(luggage)
    }

    /// Moves the first message, if there is one, to the end of another store.
    pub(crate) fn give_first(&mut self, to: &mut (dyn Store + 'static)) {
        if self.len > 0 {
            self.store.move_at(0, to);
            self.store.forget_first();
            self.len -= 1;
        }
    }

    /// Moves all into another store, which is empty; gives how many.
    pub(crate) fn swap(&mut self, empty: &mut (dyn Store + 'static)) -> usize {
        self.store.exchange(empty);
        mem::take(&mut self.len)
    }

    /// Moves all of another store before the first message.
    pub(crate) fn put_first(&mut self, others: &mut (dyn Store + 'static)) {
        self.store.put_first(others);
        self.len = self.store.count();
    }

    /// Takes all messages out.
    pub(crate) fn take(&mut self) -> Box<dyn Store> {
        self.len = 0;
        let empty = self.make_store();
        mem::replace(&mut self.store, empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Route;

    struct Word;

    impl Message for Word {
        fn route(&mut self) -> Route<'_> {
            Route::cast("word")
        }
    }

    #[test]
    fn only_what_was_moved_counts() {
        let (mut items, mut from) = (
            Items::new(Box::new(Fifo::<Word>::default())),
            Fifo::default(),
        );
        from.push_from(&mut Berth::Holds(Word));
        let check = |items: &Items, count| {
            assert_eq!((items.len(), items.store.count()), (count, count));
        };
        items.push_from(&mut from, 1);
        check(&items, 0);
        items.push_from(&mut from, 0);
        check(&items, 1);
        // It has left its place.
        items.push_from(&mut from, 0);
        check(&items, 1);
    }
}
