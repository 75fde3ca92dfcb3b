//! Which messages are measured.
//!
//! Reading a clock three times costs a tenth of a call, and more than half of a cast. So the first
//! messages of a service are all measured, and then one of sixteen, at distances that are random:
//! no pattern in the messages is in step with them. A measured message stands for those that were
//! not: it is recorded with their number as its weight.
//!
//! All places of a service in a namespace share its histograms, and so the first messages: the
//! more places there were before, the fewer of them a place has.

use crate::stats::clock;

/// So many messages of a service's first place are all measured; half as many of its second, and so on.
const FIRST: u32 = 256;

/// Of how many messages one is measured after that, on average.
const ONE_OF: u32 = 16;

/// Chooses the messages; under the lock of the queue. Off until an instance runs.
#[derive(Default)]
pub(crate) struct Sampler {
    /// The next stamp is so many messages away; zero while it is off.
    distance: u32,
    /// So many of the first are still to come.
    first: u32,
    random: u32,
}

/// What a chosen message carries: when it was queued, and its weight. Eight bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp(u64);

impl Sampler {
    /// Begins, if it has not, in the place with this number, from one on, of its service.
    pub(crate) fn begin(&mut self, place: u64) {
        if self.distance != 0 {
            return;
        }
        let place = u32::try_from(place).unwrap_or(u32::MAX).max(1);
        // Each place has a start of its own, and none of them is zero.
        self.random = place.wrapping_mul(0x9e37_79b9) | 1;
        self.first = FIRST / place;
        self.distance = if self.first > 0 {
            1
        } else {
            self.some_distance()
        };
    }

    /// The stamp of a message that is queued now.
    #[inline]
    pub(crate) fn stamp(&mut self) -> Stamp {
        match self.distance {
            0 => Stamp::default(),
            1 => self.choose(),
            _ => {
                self.distance -= 1;
                Stamp::default()
            }
        }
    }

    fn choose(&mut self) -> Stamp {
        if self.first == 0 {
            self.distance = self.next_distance();
            return Stamp::new(clock::ticks(), ONE_OF);
        }
        self.first -= 1;
        if self.first == 0 {
            self.distance = self.some_distance();
        }
        Stamp::new(clock::ticks(), 1)
    }

    /// From one measured message to the next: 1 to 31, 16 on average.
    fn next_distance(&mut self) -> u32 {
        // Xorshift.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        1 + self.random % (2 * ONE_OF - 1)
    }

    /// From any message to the next measured one: the shorter of two has nearly this distribution. So one of sixteen is
    /// measured also among the first, of places that have few.
    fn some_distance(&mut self) -> u32 {
        self.next_distance().min(self.next_distance())
    }
}

impl Stamp {
    /// The lowest bit says which of the two weights it is, the next one that it is a stamp.
    fn new(ticks: u64, weight: u32) -> Self {
        Self((ticks << 2) | 2 | u64::from(weight > 1))
    }

    pub(crate) fn is_set(self) -> bool {
        self.0 != 0
    }

    /// When it was made.
    pub(crate) fn ticks(self) -> u64 {
        self.0 >> 2
    }

    /// How many messages it stands for.
    pub(crate) fn weight(self) -> u32 {
        if self.0 & 1 == 1 { ONE_OF } else { 1 }
    }
}
