//! The table of who waits: for each a place, with its limit and its waker.
//!
//! A place keeps the waker of its last owner until somebody looks: the next call of the same task finds it there by
//! its waker, and neither clones nor drops one.

use std::mem;
use std::num::{NonZeroU32, NonZeroU64};
use std::task::Waker;
use std::time::Duration;

use crate::rt::{Instant, Runtime, RuntimeId, after};
use crate::waking::wake_all;

use super::begun::Begun;
use super::places::{FEWEST, Places};

/// Odd, and far from any power of two: 2^32 (2^64) divided by the golden ratio.
#[cfg(target_pointer_width = "64")]
const SPREAD: usize = 0x9e37_79b9_7f4a_7c15;
#[cfg(not(target_pointer_width = "64"))]
const SPREAD: usize = 0x9e37_79b9;

/// So many places a waker may be found at.
const NEAR: usize = 4;

/// The table, under its lock.
pub(super) struct Table {
    /// Where the sweeper runs.
    home: RuntimeId,
    /// As many as a power of two, or none.
    entries: Vec<Entry>,
    /// Places that were free when somebody looked.
    free: Vec<usize>,
    /// Whose time begins with the next look, or whose waker is dropped then.
    fresh: Vec<usize>,
    begun: Begun,
    /// The sweeper looks soon, so that nobody else has to look at the clock.
    pub(super) ticking: bool,
    /// How many came since the sweeper looked.
    pub(super) came: u32,
    /// When the sweeper wakes; `None` while there is no sweeper.
    pub(super) armed: Option<Instant>,
    pub(super) sweeper: Option<Waker>,
}

/// Its parts are written one by one: moved as a whole, they would be copied twice for each call.
struct Entry {
    generation: NonZeroU32,
    /// Its time was up; remembered until the place is used again.
    expired: bool,
    /// It is among the fresh.
    listed: bool,
    /// How much time there is, from when it begins.
    within: Duration,
    /// Until when, once it has begun.
    until: Option<Instant>,
    /// Of whom waits, or waited.
    waker: Option<Waker>,
    /// Where that one runs.
    owner: Owner,
}

/// Where a caller runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Where the sweeper runs.
    Here,
    Elsewhere,
}

/// Who has a place now, and the waker that was there before, which is another one's to drop.
pub(super) struct Put {
    pub(super) ticket: Ticket,
    pub(super) owner: Owner,
    pub(super) before: Option<Waker>,
}

/// Until when something may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Until(Instant),
    /// From the next look on.
    Within(Duration),
}

impl Limit {
    /// The same, from now on.
    pub(crate) fn begun(self) -> Self {
        match self {
            Self::Within(time) => Self::Until(after(Instant::now(), time)),
            until @ Self::Until(_) => until,
        }
    }
}

/// A place in the table, and the generation of who has it. Given back with
/// [`Deadlines::remove`](super::Deadlines::remove).
// One word, which is copied as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(NonZeroU64);

impl Ticket {
    #[inline]
    pub(super) fn new(index: usize, generation: NonZeroU32) -> Self {
        Self(NonZeroU64::from(generation) | ((index as u64) << 32))
    }

    #[inline]
    pub(super) fn index(self) -> usize {
        usize::try_from(self.0.get() >> 32).unwrap_or(usize::MAX)
    }

    /// Which of the tickets for this place it is.
    #[inline]
    pub(super) fn generation(self) -> NonZeroU32 {
        let bits = self.0.get() & u64::from(u32::MAX);
        u32::try_from(bits)
            .ok()
            .and_then(NonZeroU32::new)
            .unwrap_or(NonZeroU32::MIN)
    }

    /// A number that is not zero.
    #[inline]
    pub(crate) fn to_bits(self) -> u64 {
        self.0.get()
    }

    /// The ticket with this number; none has zero.
    pub(crate) fn from_bits(bits: u64) -> Option<Self> {
        NonZeroU64::new(bits).map(Self)
    }
}

/// What is left of somebody's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    Until(Instant),
    /// It was over before it was asked for.
    Nothing,
    /// Nobody waits, or not any more.
    Endless,
}

/// What a caller finds who looks, and the waker that was there before, which is another one's to drop.
pub(super) enum Look {
    Over(Option<Waker>),
    /// Until then, if its time has begun.
    Waits(Option<Instant>, Option<Waker>),
}

/// Wakers that a look found. To wake and to drop one runs foreign code: not under the lock.
#[derive(Default)]
pub(super) struct Found {
    /// Of those whose time is up.
    pub(super) due: Vec<Waker>,
    /// Of those who are gone.
    gone: Vec<Waker>,
}

impl Found {
    /// Wakes those whose time is up. The table is unlocked again.
    pub(super) fn wake(self) {
        wake_all(self.due);
        drop(self.gone);
    }

    /// True if whoever has the ticket waits for its time; the waker of one who is gone is taken.
    fn finds_waiting(&mut self, entry: &mut Entry, places: &Places, ticket: Ticket) -> bool {
        let waits = entry.waits(places, ticket);
        if entry.generation == ticket.generation() && places.is_done(ticket) {
            // Given back just when its time began, it is on no list of fresh ones.
            self.gone.extend(entry.waker.take());
        }
        waits
    }
}

impl Table {
    pub(super) fn on(runtime: &Runtime) -> Self {
        Self {
            home: runtime.id(),
            entries: Vec::new(),
            free: Vec::new(),
            fresh: Vec::new(),
            begun: Begun::default(),
            ticking: false,
            came: 0,
            armed: None,
            sweeper: None,
        }
    }

    /// Gives a place to whoever waits.
    #[inline]
    pub(super) fn put(&mut self, places: &Places, limit: Limit, waker: &Waker) -> Put {
        let index = self.place_for(places, waker);
        let entry = &mut self.entries[index];
        let generation = entry.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        let ticket = Ticket::new(index, generation);
        entry.generation = generation;
        entry.expired = false;
        let before = entry.set_waker(waker, self.home);
        let owner = entry.owner;
        match limit {
            Limit::Within(time) => {
                entry.within = time;
                entry.until = None;
                // A place is used again and again between two looks.
                if !mem::replace(&mut entry.listed, true) {
                    self.fresh.push(index);
                }
                places.give_out(ticket, false);
            }
            Limit::Until(deadline) => {
                entry.until = Some(deadline);
                self.begun.push(deadline, ticket);
                places.give_out(ticket, true);
            }
        }
        Put {
            ticket,
            owner,
            before,
        }
    }

    /// A free place: the one where this waker was last, if that is free.
    #[inline]
    fn place_for(&mut self, places: &Places, waker: &Waker) -> usize {
        // Tasks lie at multiples of a power of two; the upper half of the product depends on all bits.
        let hash = waker.data().addr().wrapping_mul(SPREAD) >> (usize::BITS / 2);
        let last = self.entries.len().wrapping_sub(1);
        // More than one task may have the same first place.
        let mut near = (0..NEAR).map(|step| (hash + step) & last);
        let known = near.find(|&index| {
            let known = self.entries.get(index).and_then(|it| it.waker.as_ref());
            known.is_some_and(|known| known.will_wake(waker)) && self.is_free(places, index)
        });
        match known {
            Some(index) => index,
            None => self.other_place(places, hash),
        }
    }

    #[inline]
    fn is_free(&self, places: &Places, index: usize) -> bool {
        let entry = self.entries.get(index);
        entry.is_some_and(|entry| places.is_done(Ticket::new(index, entry.generation)))
    }

    /// A free place: near where the waker is looked for, or any.
    fn other_place(&mut self, places: &Places, hash: usize) -> usize {
        loop {
            let last = self.entries.len().wrapping_sub(1);
            let mut near = (0..NEAR).map(|step| (hash + step) & last);
            if let Some(index) = near.find(|&index| self.is_free(places, index)) {
                return index;
            }
            while let Some(index) = self.free.pop() {
                // It may have been taken since.
                if self.is_free(places, index) {
                    return index;
                }
            }
            let all = 0..self.entries.len();
            self.free = all.filter(|&index| self.is_free(places, index)).collect();
            // The next look at all of them is to be as far away as they are many.
            if self.free.len() <= self.entries.len() / 2 {
                self.grow(places);
            }
        }
    }

    fn grow(&mut self, places: &Places) {
        let before = self.entries.len();
        let len = (before * 2).max(FEWEST);
        places.prepare(len);
        self.entries.resize_with(len, || Entry {
            generation: NonZeroU32::MIN,
            expired: false,
            listed: false,
            within: Duration::ZERO,
            until: None,
            waker: None,
            owner: Owner::Here,
        });
        self.free.extend(before..len);
    }

    /// What whoever has this ticket waits for; `None` if it was given back.
    fn entry(&mut self, places: &Places, ticket: Ticket) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(ticket.index())?;
        (entry.generation == ticket.generation() && !places.is_done(ticket)).then_some(entry)
    }

    /// Looks for whoever has a ticket, and whose waker is `waker` now.
    pub(super) fn look(&mut self, places: &Places, ticket: Ticket, waker: &Waker) -> Look {
        let home = self.home;
        let Some(entry) = self.entry(places, ticket) else {
            return Look::Over(None);
        };
        match entry.until {
            _ if entry.expired => Look::Over(None),
            Some(deadline) if deadline <= Instant::now() => {
                entry.expired = true;
                Look::Over(entry.waker.take())
            }
            until => Look::Waits(until, entry.set_waker(waker, home)),
        }
    }

    /// What is left of the time of whoever has a ticket, or had it.
    pub(super) fn left(&mut self, places: &Places, ticket: Ticket) -> Left {
        let entry = self.entries.get_mut(ticket.index());
        let Some(entry) = entry.filter(|entry| entry.generation == ticket.generation()) else {
            return Left::Endless;
        };
        match entry.until {
            _ if entry.expired => Left::Nothing,
            _ if places.is_done(ticket) => Left::Endless,
            Some(deadline) => Left::Until(deadline),
            None if places.begin(ticket) => {
                let deadline = after(Instant::now(), entry.within);
                entry.until = Some(deadline);
                self.begun.push(deadline, ticket);
                Left::Until(deadline)
            }
            None => Left::Endless,
        }
    }

    /// True if the caller was told that its time is up, or has given its ticket back.
    pub(super) fn is_over(&mut self, places: &Places, ticket: Ticket) -> bool {
        let entry = self.entry(places, ticket);
        entry.is_none_or(|entry| entry.expired)
    }

    /// Takes a ticket back whose time has begun, and the waker of who had it.
    pub(super) fn take_back(&mut self, places: &Places, ticket: Ticket) -> Option<Waker> {
        let waker = self.entry(places, ticket)?.waker.take();
        places.end(ticket);
        waker
    }

    /// When to look again.
    pub(super) fn earliest(&self) -> Option<Instant> {
        self.begun.earliest()
    }

    /// Begins the time of those that came since the last look.
    pub(super) fn begin_fresh(&mut self, places: &Places, now: Instant, found: &mut Found) {
        // Emptied and put back: it keeps what it has allocated.
        let mut fresh = mem::take(&mut self.fresh);
        for index in fresh.drain(..) {
            let entry = &mut self.entries[index];
            entry.listed = false;
            let ticket = Ticket::new(index, entry.generation);
            if places.is_done(ticket) {
                found.gone.extend(entry.waker.take());
            } else if entry.until.is_none() && places.begin(ticket) {
                let deadline = after(now, entry.within);
                entry.until = Some(deadline);
                self.begun.push(deadline, ticket);
            }
        }
        self.fresh = fresh;
    }

    /// Those whose time is up.
    // It looks at nobody else, whose number nothing limits.
    pub(super) fn take_due(&mut self, places: &Places, now: Instant, found: &mut Found) {
        let Self { begun, entries, .. } = self;
        while let Some(ticket) = begun.pop_due(now) {
            if let Some(entry) = entries.get_mut(ticket.index())
                && found.finds_waiting(entry, places, ticket)
            {
                entry.expired = true;
                found.due.extend(entry.waker.take());
            }
        }
        begun.prune(|ticket| {
            let entry = entries.get_mut(ticket.index());
            entry.is_some_and(|entry| found.finds_waiting(entry, places, ticket))
        });
    }

    /// The wakers of all who wait, whose time has begun.
    pub(super) fn wakers(&self, places: &Places) -> Vec<Waker> {
        let all = self.entries.iter().enumerate();
        let waits = |&(index, entry): &(usize, &Entry)| {
            entry.waits(places, Ticket::new(index, entry.generation))
        };
        all.filter(waits)
            .filter_map(|(_, entry)| entry.waker.clone())
            .collect()
    }
}

impl Entry {
    /// True if whoever has the ticket has not given it back, and its time is not up.
    fn waits(&self, places: &Places, ticket: Ticket) -> bool {
        self.generation == ticket.generation() && !self.expired && !places.is_done(ticket)
    }

    /// Sets the waker, if it is another one; gives the one before.
    #[inline]
    fn set_waker(&mut self, waker: &Waker, home: RuntimeId) -> Option<Waker> {
        let known = self.waker.as_ref();
        if known.is_some_and(|known| known.will_wake(waker)) {
            None
        } else {
            self.change_waker(waker, home)
        }
    }

    fn change_waker(&mut self, waker: &Waker, home: RuntimeId) -> Option<Waker> {
        // A task stays on its runtime.
        self.owner = match Runtime::current() {
            Some(runtime) if runtime.id() == home => Owner::Here,
            _ => Owner::Elsewhere,
        };
        self.waker.replace(waker.clone())
    }
}
