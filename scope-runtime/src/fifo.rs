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
    /// As many as the ring has.
    places: Vec<Place<M>>,
    pub(crate) ring: Ring,
}

pub(crate) struct Place<M> {
    /// Empty where nothing waits.
    message: Berth<M>,
    luggage: Luggage,
}

/// Which of the places are in use. It does not know the messages.
pub(crate) struct Ring {
    /// A power of two, or none.
    places: usize,
    first: usize,
    len: usize,
}

impl<M> Fifo<M> {
    /// One without places.
    pub(crate) const EMPTY: Self = Self {
        places: Vec::new(),
        ring: Ring {
            places: 0,
            first: 0,
            len: 0,
        },
    };

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.ring.len
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.ring.len == 0
    }

    /// Moves a message to the end. Gives the place of what travels with it, which is to be filled part by part.
    #[inline]
    pub(crate) fn push_from(&mut self, outbox: &mut Berth<M>) -> Option<&mut Luggage> {
        if outbox.is_empty() {
            return None;
        }
        if self.ring.is_full() {
            self.double();
        }
        let index = self.ring.push();
        // No `?`, here and below: it is a function more, compiled for each service.
        match self.places.get_mut(index) {
            Some(place) => {
                // It is empty, and so is the outbox then.
                mem::swap(&mut place.message, outbox);
                Some(&mut place.luggage)
            }
            None => None,
        }
    }

    /// The first message and what travels with it.
    #[inline]
    pub(crate) fn first(&mut self) -> Option<(&mut M, &mut Luggage)> {
        match self.places.get_mut(self.ring.first) {
            Some(Place {
                message: Berth::Holds(message),
                luggage,
            }) => Some((message, luggage)),
            _ => None,
        }
    }

    /// Takes the first message. What travels with it is left behind, for whoever took it before.
    #[inline]
    pub(crate) fn pop_front(&mut self) -> Option<M> {
        match self.places.get_mut(self.ring.first) {
            Some(place) => {
                self.ring.skip_first();
                place.message.take()
            }
            None => None,
        }
    }

    /// The place so far behind the first one, if it is one of those in use.
    pub(crate) fn at(&mut self, distance: usize) -> Option<(&mut Berth<M>, &mut Luggage)> {
        match self.places.get_mut(self.ring.place(distance)) {
            Some(Place { message, luggage }) => Some((message, luggage)),
            None => None,
        }
    }

    /// Changes places with another one. Part by part, for they were just written so.
    #[inline]
    pub(crate) fn swap(&mut self, other: &mut Self) {
        mem::swap(&mut self.places, &mut other.places);
        self.ring.swap(&mut other.ring);
    }

    /// Doubles the places.
    #[cold]
    pub(crate) fn double(&mut self) {
        let places = self.places.len();
        let wrapped = self.ring.grow();
        while self.places.len() < self.ring.places {
            self.places.push(Place {
                message: Berth::Empty,
                luggage: Luggage::default(),
            });
        }
        for index in 0..wrapped {
            self.places.swap(index, places + index);
        }
    }
}

impl Ring {
    /// How many places there are at first.
    const FEWEST: usize = 4;

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.len == self.places
    }

    /// Uses one more place, which it has, behind the others; gives its index.
    #[inline]
    fn push(&mut self) -> usize {
        self.len += 1;
        self.index(self.len - 1)
    }

    /// Uses one more place, which it has, before the others.
    pub(crate) fn push_front(&mut self) {
        self.len += 1;
        self.first = self.index(usize::MAX);
    }

    /// Leaves the first place, which is empty, behind.
    #[inline]
    pub(crate) fn skip_first(&mut self) {
        self.first = self.index(1);
        self.len -= 1;
    }

    /// Leaves the last place, which is empty, behind.
    pub(crate) fn skip_last(&mut self) {
        self.len -= 1;
    }

    /// Doubles the places, of which all are in use. So many from the first one on belong behind those before now.
    fn grow(&mut self) -> usize {
        self.places = (self.places * 2).max(Self::FEWEST);
        self.first
    }

    #[inline]
    fn swap(&mut self, other: &mut Self) {
        mem::swap(&mut self.places, &mut other.places);
        mem::swap(&mut self.first, &mut other.first);
        mem::swap(&mut self.len, &mut other.len);
    }

    /// The index so far behind the first one.
    #[inline]
    fn index(&self, distance: usize) -> usize {
        self.first.wrapping_add(distance) & self.places.wrapping_sub(1)
    }

    /// The same, if it is one of those in use; else one that is not there.
    fn place(&self, distance: usize) -> usize {
        if distance < self.len {
            self.index(distance)
        } else {
            usize::MAX
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::Fifo;
    use crate::berth::Berth;

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
            let (mut fifo, mut deque) = (Fifo::EMPTY, VecDeque::new());
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    Step::PushBack => {
                        prop_assert!(fifo.push_from(&mut Berth::Holds(number)).is_some());
                        deque.push_back(number);
                    }
                    Step::PushFront => {
                        if fifo.ring.is_full() {
                            fifo.double();
                        }
                        fifo.ring.push_front();
                        let (place, _) = fifo.at(0).expect("a place");
                        prop_assert!(place.take().is_none());
                        *place = Berth::Holds(number);
                        deque.push_front(number);
                    }
                    Step::PopFront => {
                        let first = deque.pop_front();
                        prop_assert_eq!(fifo.first().map(|(number, _)| *number), first);
                        if first.is_some() {
                            prop_assert_eq!(fifo.pop_front(), first);
                        }
                    }
                }
                prop_assert_eq!(fifo.len(), deque.len());
                prop_assert_eq!(fifo.is_empty(), deque.is_empty());
            }
            let mut swapped = Fifo::EMPTY;
            swapped.swap(&mut fifo);
            prop_assert!(fifo.is_empty());
            for (distance, number) in deque.iter().enumerate() {
                let place = swapped.at(distance);
                prop_assert_eq!(place.and_then(|(berth, _)| berth.take()), Some(*number));
            }
            prop_assert!(swapped.at(deque.len()).is_none());
        }
    }
}
