//! First in, first out: what a mailbox keeps its messages in.
//!
//! `VecDeque` does the same, but moves a whole envelope at once. The compiler then builds it in memory first and
//! copies it in other widths than it was just written in, for which the processor waits: a third of what a cast
//! costs. Here each part is put into its place by itself, and taken out by itself.

use std::mem;

use crate::berth::Berth;
use crate::envelope::{Envelope, Luggage};

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

    #[inline]
    pub(crate) fn push_back(&mut self, message: M, luggage: Luggage) {
        self.make_room();
        let index = self.index(self.len);
        self.len += 1;
        self.places[index].put(message, luggage);
    }

    pub(crate) fn push_front(&mut self, message: M, luggage: Luggage) {
        self.make_room();
        self.first = self.index(usize::MAX);
        self.len += 1;
        self.places[self.first].put(message, luggage);
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
        self.first = self.index(1);
        self.len -= 1;
        Some(message)
    }

    /// Takes the first message and what travels with it.
    pub(crate) fn take_first(&mut self) -> Option<Envelope<M>> {
        let (_, luggage) = self.first()?;
        let luggage = mem::take(luggage);
        let message = self.pop_front()?;
        Some(Envelope { message, luggage })
    }

    /// Takes the last message and what travels with it.
    pub(crate) fn take_last(&mut self) -> Option<Envelope<M>> {
        let index = self.index(self.len.checked_sub(1)?);
        let place = self.places.get_mut(index)?;
        let message = place.message.take()?;
        let luggage = mem::take(&mut place.luggage);
        self.len -= 1;
        Some(Envelope { message, luggage })
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
            grown.extend(self.places.get_mut(index).map(mem::take));
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

impl<M> Place<M> {
    #[inline]
    fn put(&mut self, message: M, luggage: Luggage) {
        let Luggage {
            ticket,
            wait,
            origin,
            stamp,
        } = luggage;
        // It is empty, so nothing is dropped.
        self.message = Berth::Holds(message);
        self.luggage.ticket = ticket;
        self.luggage.wait = wait;
        self.luggage.origin = origin;
        self.luggage.stamp = stamp;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::Fifo;
    use crate::envelope::Luggage;

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
                        fifo.push_back(number, Luggage::default());
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
            while let Some(front) = deque.pop_front() {
                prop_assert_eq!(fifo.take_first().map(|envelope| envelope.message), Some(front));
                let back = fifo.take_last().map(|envelope| envelope.message);
                prop_assert_eq!(back, deque.pop_back());
            }
            prop_assert!(fifo.is_empty());
        }
    }
}
