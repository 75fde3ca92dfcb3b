//! Who has given a ticket back: a cell for each place of the table, which needs no lock.

use std::num::NonZeroU32;

use crate::rt::{AtomicU64, OnceLock, Ordering};

use super::table::Ticket;

/// So many cells at first.
pub(super) const FEWEST: usize = 16;

/// With that there are more cells than a ticket can tell apart.
const CHUNKS: usize = 29;

/// The cells. They come in chunks, each as large as all before it, that stay where they are.
pub(super) struct Places {
    chunks: [OnceLock<Box<[AtomicU64]>>; CHUNKS],
}

/// What a cell says beside the generation of the ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
enum State {
    /// The place is free.
    Done,
    /// The time of whoever has the ticket has not begun: it is given back by a store.
    Fresh,
    /// It has begun: the table knows.
    Begun,
}

impl Places {
    pub(super) fn new() -> Self {
        Self {
            chunks: std::array::from_fn(|_| OnceLock::new()),
        }
    }

    /// The cell of a place, in a chunk that was [prepared](Self::prepare).
    #[inline]
    fn cell(&self, index: usize) -> Option<&AtomicU64> {
        let (chunk, begin) = match (index / FEWEST).checked_ilog2() {
            None => (0, 0),
            Some(power) => (power as usize + 1, FEWEST << power),
        };
        self.chunks.get(chunk)?.get()?.get(index - begin)
    }

    /// Makes cells for the places up to `len`, which is [`FEWEST`] times a power of two.
    pub(super) fn prepare(&self, len: usize) {
        let chunk = (len / FEWEST).ilog2() as usize;
        let size = if chunk == 0 { len } else { len / 2 };
        if let Some(chunk) = self.chunks.get(chunk) {
            // As if somebody had given the first ticket back.
            let free = || AtomicU64::new(State::Done.with(NonZeroU32::MIN));
            chunk.get_or_init(|| (0..size).map(|_| free()).collect());
        }
    }

    /// The ticket is given out. Under the lock of the table, as are all but [`Self::give_back`].
    pub(super) fn give_out(&self, ticket: Ticket, begun: bool) {
        if let Some(cell) = self.cell(ticket.index()) {
            let state = if begun { State::Begun } else { State::Fresh };
            cell.store(state.of(ticket), Ordering::Relaxed);
        }
    }

    /// The time of whoever has the ticket begins; false if it was given back.
    pub(super) fn begin(&self, ticket: Ticket) -> bool {
        let Some(cell) = self.cell(ticket.index()) else {
            return false;
        };
        let (fresh, begun) = (State::Fresh.of(ticket), State::Begun.of(ticket));
        let begins = cell.compare_exchange(fresh, begun, Ordering::Acquire, Ordering::Acquire);
        begins.map_or_else(|was| was == begun, |_| true)
    }

    /// True if the ticket was given back.
    pub(super) fn is_done(&self, ticket: Ticket) -> bool {
        let cell = self.cell(ticket.index());
        cell.is_none_or(|cell| cell.load(Ordering::Acquire) == State::Done.of(ticket))
    }

    /// Gives a ticket back whose time has not begun; false if it has.
    // Two steps, and no exchange: if the time begins in between, the place is free, and the next look at all of them
    // finds what is left there.
    #[inline]
    pub(super) fn give_back(&self, ticket: Ticket) -> bool {
        let Some(cell) = self.cell(ticket.index()) else {
            return true;
        };
        let is_fresh = cell.load(Ordering::Relaxed) == State::Fresh.of(ticket);
        if is_fresh {
            // Release: who reuses the place sees what its last owner saw of it.
            cell.store(State::Done.of(ticket), Ordering::Release);
        }
        is_fresh
    }

    /// Gives a ticket back whose time has begun.
    pub(super) fn end(&self, ticket: Ticket) {
        if let Some(cell) = self.cell(ticket.index()) {
            cell.store(State::Done.of(ticket), Ordering::Relaxed);
        }
    }
}

impl State {
    /// What the cell of this ticket's place says in this state.
    #[inline]
    fn of(self, ticket: Ticket) -> u64 {
        self.with(ticket.generation())
    }

    #[inline]
    fn with(self, generation: NonZeroU32) -> u64 {
        u64::from(generation.get()) << 2 | self as u64
    }
}
