//! Whose time has begun, the next deadline first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::rt::Instant;

use super::table::Ticket;

/// With fewer, those who are gone are not looked for.
const FEW: usize = 64;

/// Who gives a ticket back stays until its deadline, or until somebody looks.
pub(super) struct Begun {
    heap: BinaryHeap<Reverse<(Instant, Ticket)>>,
    /// With so many, those who are gone are looked for.
    most: usize,
}

impl Default for Begun {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            most: FEW,
        }
    }
}

impl Begun {
    pub(super) fn push(&mut self, deadline: Instant, ticket: Ticket) {
        self.heap.push(Reverse((deadline, ticket)));
    }

    /// Takes one whose deadline has come.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<Ticket> {
        let Reverse((deadline, _)) = self.heap.peek()?;
        if *deadline > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, ticket))| ticket)
    }

    /// The next deadline, perhaps of one who is gone.
    // For one of those the sweeper sleeps on; without, it would end after each quick call, and be started by the next.
    pub(super) fn earliest(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((deadline, _))| *deadline)
    }

    /// Keeps those who `wait`, where they are twice as many as the last time.
    pub(super) fn prune(&mut self, mut waits: impl FnMut(Ticket) -> bool) {
        if self.heap.len() >= self.most {
            self.heap.retain(|Reverse((_, ticket))| waits(*ticket));
            self.most = (2 * self.heap.len()).max(FEW);
            self.heap.shrink_to(self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use super::*;

    fn ticket(index: usize) -> Ticket {
        Ticket::new(index, NonZeroU32::MIN)
    }

    /// One for each of these seconds.
    fn begun(now: Instant, seconds: impl Iterator<Item = usize>) -> Begun {
        let mut begun = Begun::default();
        for second in seconds {
            begun.push(now + Duration::from_secs(second as u64), ticket(second));
        }
        begun
    }

    #[test]
    fn who_is_due_is_taken_and_nobody_else_is_looked_at() {
        let now = Instant::now();
        let mut begun = begun(now, (0..1_000).rev());
        let later = now + Duration::from_secs(2);
        let due: Vec<_> = std::iter::from_fn(|| begun.pop_due(later)).collect();
        assert_eq!(due, [ticket(0), ticket(1), ticket(2)]);
        assert_eq!(begun.earliest(), Some(now + Duration::from_secs(3)));
        assert_eq!(begun.heap.len(), 997);
    }

    #[test]
    fn who_is_gone_is_looked_for_when_they_are_many() {
        let now = Instant::now();
        let mut begun = begun(now, 0..FEW - 1);
        begun.prune(|_| false);
        assert_eq!(begun.heap.len(), FEW - 1, "that is not worth a look");
        for second in 0..10_000 {
            begun.push(now, ticket(second));
            begun.prune(|it| it.index() < 100);
            assert!(begun.heap.len() < 4 * FEW + 200, "{}", begun.heap.len());
        }
        begun.most = 0;
        begun.prune(|_| false);
        assert!(begun.heap.is_empty() && begun.heap.capacity() <= 2 * FEW);
    }
}
