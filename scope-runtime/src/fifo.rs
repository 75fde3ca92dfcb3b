//! First in, first out: what a mailbox keeps its messages in.
//!
//! `VecDeque` does the same, but moves a message and its luggage at once. The compiler then builds it in memory first and
//! copies it in other widths than it was just written in, for which the processor waits: a third of what a cast
//! costs. Here each part is put into its place by itself, and taken out by itself.

use std::mem;

use crate::berth::Berth;
use crate::luggage::Luggage;

/// A ring of places that grows by doubling and never shrinks. It allocates nothing before the first push.
pub(crate) struct Fifo<M> {
    /// As many as a power of two, or none.
    places: Vec<Place<M>>,
    first: usize,
    len: usize,
}

pub(crate) struct Place<M> {
    /// Empty where nothing waits.
    message: Berth<M>,
    luggage: Luggage,
}

impl<M> Default for Fifo<M> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            first: 0,
            len: 0,
        }
    }
}

impl<M> Fifo<M> {
    /// How many places there are at first.
    const FEWEST: usize = 4;

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Moves a message to the end. Gives the place of what travels with it, which is to be filled part by part.
    #[inline]
    pub(crate) fn push_from(&mut self, outbox: &mut Berth<M>) -> Option<&mut Luggage> {
        if outbox.is_empty() {
            return None;
        }
        self.make_room();
        let index = self.index(self.len);
        let place = self.places.get_mut(index)?;
        self.len += 1;
        // It is empty, and so is the outbox then.
        mem::swap(&mut place.message, outbox);
        Some(&mut place.luggage)
    }

    pub(crate) fn push_front(&mut self, message: M, luggage: Luggage) {
        let message = Berth::Holds(message);
        self.put_at_front(Place { message, luggage });
    }

    fn put_at_front(&mut self, place: Place<M>) {
        self.make_room();
        self.first = self.index(usize::MAX);
        self.len += 1;
        self.places[self.first] = place;
    }

    /// Moves a message out, and leaves its place empty.
    pub(crate) fn take_into(&mut self, distance: usize, into: &mut Berth<M>) -> Option<Luggage> {
        let place = self.place(distance)?;
        if place.message.is_empty() {
            return None;
        }
        // Nothing is dropped, whatever it holds.
        mem::swap(&mut place.message, into);
        Some(mem::take(&mut place.luggage))
    }

    /// Moves a message to the end of another one, and leaves its place empty; false if there is none.
    pub(crate) fn move_to(&mut self, distance: usize, to: &mut Self) -> bool {
        let Some(place) = self.place(distance) else {
            return false;
        };
        let Some(luggage) = to.push_from(&mut place.message) else {
            return false;
        };
        *luggage = mem::take(&mut place.luggage);
        true
    }

    /// Moves all of another one before the first message.
    pub(crate) fn put_before(&mut self, others: &mut Self) {
        while let Some(last) = others.len.checked_sub(1) {
            if let Some(place) = others.place(last) {
                self.put_at_front(mem::take(place));
            }
            others.len = last;
        }
    }

    /// The first message and what travels with it.
    #[inline]
    pub(crate) fn first(&mut self) -> Option<(&mut M, &mut Luggage)> {
        let place = self.places.get_mut(self.first)?;
        Some((place.message.get_mut()?, &mut place.luggage))
    }

    /// Takes the first message. What travels with it is left behind, for whoever took it before.
    #[inline]
    pub(crate) fn pop_front(&mut self) -> Option<M> {
        let message = self.places.get_mut(self.first)?.message.take()?;
        self.skip_first();
        Some(message)
    }

    /// Leaves the first place, which is empty, behind.
    #[inline]
    pub(crate) fn skip_first(&mut self) {
        self.first = self.index(1);
        self.len -= 1;
    }

    /// Takes the first message and what travels with it.
    pub(crate) fn take_first(&mut self) -> Option<(M, Luggage)> {
        let (_, luggage) = self.first()?;
        let luggage = mem::take(luggage);
        let message = self.pop_front()?;
        Some((message, luggage))
    }

    /// Changes places with another one. Part by part, for they were just written so.
    #[inline]
    pub(crate) fn swap(&mut self, other: &mut Self) {
        mem::swap(&mut self.places, &mut other.places);
        mem::swap(&mut self.first, &mut other.first);
        mem::swap(&mut self.len, &mut other.len);
    }

    /// The index so far behind the first one.
    #[inline]
    fn index(&self, distance: usize) -> usize {
        self.first.wrapping_add(distance) & self.places.len().wrapping_sub(1)
    }

    /// The place so far behind the first one, if it is one of those in use.
    fn place(&mut self, distance: usize) -> Option<&mut Place<M>> {
        if distance >= self.len {
            return None;
        }
        let index = self.index(distance);
        self.places.get_mut(index)
    }

    #[inline]
    fn make_room(&mut self) {
        if self.len == self.places.len() {
            self.grow();
        }
    }

    /// Doubles the places, and moves the first message to the first of them.
    #[cold]
    fn grow(&mut self) {
        let places = (self.places.len() * 2).max(Self::FEWEST);
        let mut grown = Vec::with_capacity(places);
        for distance in 0..self.len {
            let index = self.index(distance);
            grown.push(mem::take(&mut self.places[index]));
        }
        while grown.len() < places {
            grown.push(Place::default());
        }
        self.places = grown;
        self.first = 0;
    }
}

impl<M> Default for Place<M> {
    fn default() -> Self {
        Self {
            message: Berth::Empty,
            luggage: Luggage::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::Fifo;
    use crate::berth::Berth;
    use crate::luggage::Luggage;

    #[derive(Clone, Debug)]
    enum Step {
        PushBack,
        PushFront,
        PopFront,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => Just(Step::PushBack),
            1 => Just(Step::PushFront),
            2 => Just(Step::PopFront),
        ]
    }

    proptest! {
        #[test]
        fn it_is_a_deque(steps in prop::collection::vec(step(), 0..200)) {
            let (mut fifo, mut deque) = (Fifo::default(), VecDeque::new());
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    Step::PushBack => {
                        prop_assert!(fifo.push_from(&mut Berth::Holds(number)).is_some());
                        deque.push_back(number);
                    }
                    Step::PushFront => {
                        fifo.push_front(number, Luggage::default());
                        deque.push_front(number);
                    }
                    Step::PopFront => prop_assert_eq!(fifo.pop_front(), deque.pop_front()),
                }
                prop_assert_eq!(fifo.len(), deque.len());
                prop_assert_eq!(fifo.is_empty(), deque.is_empty());
                prop_assert_eq!(fifo.first().map(|(number, _)| *number), deque.front().copied());
            }
            // Moved behind and before others, and taken out of the middle.
            let (mut moved, mut middle) = (Fifo::default(), Berth::Empty);
            fifo.move_to(0, &mut moved);
            if !deque.is_empty() {
                prop_assert!(fifo.first().is_none());
                fifo.skip_first();
            }
            prop_assert_eq!(fifo.take_into(1, &mut middle).is_some(), deque.len() > 2);
            prop_assert_eq!(middle.take(), deque.remove(2));
            moved.put_before(&mut fifo);
            prop_assert!(fifo.is_empty());
            let first = deque.pop_front();
            for number in deque.into_iter().chain(first) {
                while moved.first().is_none() {
                    moved.skip_first();
                }
                prop_assert_eq!(moved.take_first().map(|(message, _)| message), Some(number));
            }
            prop_assert!(moved.first().is_none());
        }
    }
}
