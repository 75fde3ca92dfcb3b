//! Which messages are measured.
//!
//! Reading a clock three times costs a tenth of a call, and more than half of a cast. So of each
//! place the first messages are all measured, and then one of sixteen, at distances that are
//! random: no pattern in the messages is in step with them. A measured message stands for those
//! that were not: it is recorded with their number as its weight.

use crate::stats::clock;

/// So many messages of each place are all measured.
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
    /// Begins, if it has not.
    pub(crate) fn begin(&mut self) {
        if self.distance == 0 {
            *self = Self {
                distance: 1,
                first: FIRST,
                // Any start but zero.
                random: 0x9e37_79b9,
            };
        }
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
        if self.first > 0 {
            self.first -= 1;
            return Stamp::new(clock::ticks(), 1);
        }
        // Xorshift. From 1 to 31: 16 on average.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        self.distance = 1 + self.random % (2 * ONE_OF - 1);
        Stamp::new(clock::ticks(), ONE_OF)
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
