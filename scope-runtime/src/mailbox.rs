//! The mailbox: one bounded queue per name, which outlives the incarnations that serve it.
//!
//! # Protocol
//! A slot holds the queue (`slot.rs`), and its occupant the receiving end (`receiver.rs`).
//! Everything but the receiver's batch is under one short lock; nothing is woken or dropped, and no
//! user code runs but the clone of a waker, while it is held.
//!
//! - **Senders** append. Where the queue is full they are *parked* in a line with their message,
//!   first come, first served; whoever comes later goes behind them, so the messages of one
//!   sender never overtake each other. The receiver moves parked messages in as room appears.
//! - **The receiver** swaps the whole queue out as a batch. What is left of the batch counts as
//!   queued: `taken` says how much, written by the receiver only. While senders are parked
//!   (`crowded`), it looks after them between two messages; it may see the flag one message
//!   late, but never goes to sleep without having looked under the lock.
//! - **The end** of an incarnation gives the rest of the batch back, then vacates the slot:
//!   queued callers learn the reason, parked senders get their message back. Under `keep` the
//!   queue stays and waits for the successor, until the supervisor says that none will come; and not
//!   where the tree has ended before, because the runtime went away.
//! - **Cancelling** a parked send takes its message out of the line.
//!
//! Nothing here knows the type of the messages: they lie in a `Store`, and are moved there from the sender's outbox and
//! back. An outbox of messages of another type is refused like one for nobody.

mod parking;

use std::mem;
use std::task::Waker;
use std::time::Duration;

use crate::berth::Outbox;
use crate::blueprint::Blueprint;
use crate::deadline::Ticket;
use crate::exit::ExitReason;
use crate::line::Line;
use crate::luggage::Luggage;
use crate::options::Overload;
use crate::reply::Failure;
use crate::ring::{Held, Wait};
use crate::rt::{Arc, AtomicBool, AtomicUsize, Instant, Mutex, MutexGuard, Ordering, lock};
use crate::slot::{Activator, Control, SlotSpec, Tenant};
use crate::stats::Stamp;
use crate::store::Items;
use crate::tally::{Tally, Unhandled};
use crate::telemetry;
use crate::telemetry::spans::{self, Origin};
use crate::waking::wake_all;

/// For so long a mailbox does not tell again that it is overloaded.
const QUIET: Duration = Duration::from_secs(10);

pub(crate) struct Queue {
    capacity: usize,
    pub(crate) overload: Overload,
    keep: bool,
    /// What the receiver has taken out and not begun. Written by the receiver only.
    pub(crate) taken: AtomicUsize,
    /// Set while senders are parked. Written under the lock.
    pub(crate) crowded: AtomicBool,
    pub(crate) state: Mutex<State>,
    /// Dropped last: whoever has the only one left finds all that was counted.
    pub(crate) tally: Arc<Tally>,
}

pub(crate) struct State {
    pub(crate) control: Control,
    pub(crate) items: Items,
    pub(crate) parked: Line,
    /// How many the receiver took out last.
    pub(crate) batch: usize,
}

/// What a message's sender gives it to travel with.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sender<'a> {
    pub(crate) ticket: Option<Ticket>,
    pub(crate) wait: Option<&'a Arc<Wait>>,
    pub(crate) origin: Option<&'a Origin>,
}

impl Sender<'_> {
    /// Part by part: luggage that was made elsewhere would be copied, see `fifo.rs`.
    #[inline]
    fn fill(self, luggage: &mut Luggage, stamp: Stamp) {
        luggage.ticket = self.ticket;
        luggage.wait = self.wait.map(Held::new);
        luggage.origin = self.origin.cloned();
        luggage.stamp = stamp;
    }
}

/// What became of a push. What was not queued is still in its outbox.
pub(crate) enum Push {
    /// Queued; the number is the incarnation that was there, zero for none.
    Queued(u64),
    /// The queue is full and its policy is to wait.
    Full,
    Refused(Box<Failure>),
}

impl Queue {
    pub(crate) fn new(service: &'static Blueprint) -> Self {
        let options = service.options;
        Self {
            // Its builder refuses zero; the field can be set.
            capacity: options.capacity.max(1),
            overload: options.overload,
            keep: options.keep,
            taken: AtomicUsize::new(0),
            crowded: AtomicBool::new(false),
            state: Mutex::new(State {
                control: Control::default(),
                items: Items::new(service),
                parked: Line::default(),
                batch: 0,
            }),
            tally: Arc::default(),
        }
    }

    /// Queues beyond the capacity, if somebody is there: this incarnation, if one is named, and it takes messages.
    /// False if not.
    pub(crate) fn push_system(&self, incarnation: Option<u64>, outbox: &mut dyn Outbox) -> bool {
        let origin = spans::origin();
        let from = Sender {
            origin: origin.as_ref(),
            ..Sender::default()
        };
        let mut state = lock(&self.state);
        let control = &state.control;
        if !incarnation.map_or(control.is_occupied(), |it| control.takes(it))
            || !state.append(outbox, from)
        {
            return false;
        }
        self.arrived(state);
        true
    }

    /// Queues messages in a row if this incarnation takes messages and there is room for one:
    /// a queue of one could not take two. False if not.
    pub(crate) fn try_push_to(
        &self,
        place: &SlotSpec,
        incarnation: u64,
        outboxes: &mut [&mut dyn Outbox],
    ) -> bool {
        let origin = spans::origin();
        let from = Sender {
            origin: origin.as_ref(),
            ..Sender::default()
        };
        let mut state = lock(&self.state);
        if !state.control.takes(incarnation) {
            return false;
        }
        if self.is_full(&state) {
            if let (Overload::DropOldest, [outbox]) = (self.overload, outboxes) {
                return self.push_over_oldest(place, state, &mut **outbox, from);
            }
            self.turn_away(place, state, true);
            return false;
        }
        let pushed = outboxes
            .iter_mut()
            .all(|outbox| state.append(&mut **outbox, from));
        self.arrived(state);
        pushed
    }

    /// Moves a message out of `outbox` if there is room, and queues it.
    #[inline]
    pub(crate) fn push(&self, place: &SlotSpec, outbox: &mut dyn Outbox, from: Sender<'_>) -> Push {
        let mut state = lock(&self.state);
        let incarnation = match state.control.accepts() {
            Ok(incarnation) => incarnation,
            Err(failure) => return Push::Refused(failure),
        };
        let pushed = if self.is_full(&state) {
            if !matches!(self.overload, Overload::DropOldest) {
                return self.no_room(place, state);
            }
            self.push_over_oldest(place, state, outbox, from)
        } else {
            let pushed = state.append(outbox, from);
            self.arrived(state);
            pushed
        };
        if pushed {
            Push::Queued(incarnation)
        } else {
            Push::Refused(Box::new(Failure::NoProc))
        }
    }

    /// There is no room; it is made at the expense of the oldest, whose caller is told.
    #[cold]
    fn push_over_oldest(
        &self,
        place: &SlotSpec,
        mut state: MutexGuard<'_, State>,
        outbox: &mut dyn Outbox,
        from: Sender<'_>,
    ) -> bool {
        let overload = self.begin_overload(&mut state);
        // None is here if the receiver has just taken it: then there will be room.
        let drops = !state.items.is_empty();
        let pushed = state.append(outbox, from);
        let oldest = if drops && pushed {
            self.tally.count(Unhandled::DroppedOldest, 1);
            state.items.take_first(outbox)
        } else {
            None
        };
        self.arrived(state);
        tell(place, overload);
        if let Some(luggage) = oldest {
            outbox.refuse(luggage, &Failure::Overloaded);
        }
        pushed
    }

    /// There is no room, and none is made.
    #[cold]
    fn no_room(&self, place: &SlotSpec, state: MutexGuard<'_, State>) -> Push {
        let rejects = matches!(self.overload, Overload::Reject);
        self.turn_away(place, state, rejects);
        if rejects {
            Push::Refused(Box::new(Failure::Overloaded))
        } else {
            Push::Full
        }
    }

    /// Tells of the overload, if that is news. The message counts as rejected unless it waits.
    fn turn_away(&self, place: &SlotSpec, mut state: MutexGuard<'_, State>, rejects: bool) {
        let overload = self.begin_overload(&mut state);
        if rejects {
            self.tally.count(Unhandled::Rejected, 1);
        }
        drop(state);
        tell(place, overload);
    }

    /// Queues a message if there is room, whatever the policy. It is still in `outbox` if that fails.
    pub(crate) fn try_push(
        &self,
        place: &SlotSpec,
        outbox: &mut dyn Outbox,
        origin: Option<&Origin>,
    ) -> Result<(), Box<Failure>> {
        let from = Sender {
            origin,
            ..Sender::default()
        };
        match self.push(place, outbox, from) {
            Push::Queued(_) => Ok(()),
            Push::Refused(failure) => Err(failure),
            Push::Full => {
                self.tally.count(Unhandled::Rejected, 1);
                Err(Box::new(Failure::Overloaded))
            }
        }
    }

    /// A message is queued. Lets the lock go, and wakes the receiver, or starts a virtual instance.
    #[inline]
    fn arrived(&self, mut state: MutexGuard<'_, State>) {
        if state.at_most() > state.control.high_water || state.control.overloaded {
            self.note_length(&mut state);
        }
        if state.control.is_vacant() {
            let activator = state.control.wanted();
            drop(state);
            activate(activator);
        } else {
            let waker = state.control.receiver.take();
            drop(state);
            wake(waker);
        }
    }

    fn length_in(&self, state: &State) -> usize {
        state.items.len() + self.taken.load(Ordering::Acquire)
    }

    #[inline]
    fn is_full(&self, state: &State) -> bool {
        // Whoever is parked comes first.
        self.crowded.load(Ordering::Relaxed)
            || (state.at_most() >= self.capacity && self.length_in(state) >= self.capacity)
    }

    /// So many wait now.
    #[cold]
    fn rise(&self, state: &mut State, length: usize) {
        if length > state.control.high_water {
            state.control.high_water = length;
            self.tally.record.rise(length);
        }
    }

    fn note_length(&self, state: &mut State) {
        let length = self.length_in(state);
        self.rise(state, length);
        let control = &mut state.control;
        if control.overloaded && length <= self.capacity.div_ceil(2) {
            control.overloaded = false;
        }
    }

    /// A message found no room. Gives the length if that is news: the mailbox was half empty since,
    /// and enough time has passed that a busy one does not tell of each wave.
    #[cold]
    fn begin_overload(&self, state: &mut State) -> Option<usize> {
        let length = self.length_in(state);
        let control = &mut state.control;
        if mem::replace(&mut control.overloaded, true) {
            return None;
        }
        let now = Instant::now();
        (!control.told_within(QUIET, now)).then_some(length)
    }

    /// The receiver took a message; so many of its batch are left.
    #[inline]
    pub(crate) fn took(&self, left: usize) {
        self.taken.store(left, Ordering::Release);
        if self.crowded.load(Ordering::Acquire) {
            self.let_in();
        }
    }

    /// The incarnation with this number leaves.
    pub(crate) fn vacate(&self, incarnation: u64, reason: &ExitReason) {
        let mut state = lock(&self.state);
        let (passivating, keep) = match &state.control.tenant {
            // A tree that has ended has said so before: it says it once, to whom it finds waiting.
            Tenant::Occupied {
                incarnation: own,
                passivating,
                process,
                ..
            } if *own == incarnation => (*passivating, self.keep && process.may_come_back()),
            // A successor's entry is not ours to touch.
            _ => return,
        };
        let last = state
            .control
            .last_exit
            .replace((incarnation, reason.clone()));
        self.tally.record.leave(passivating);
        let receiver = state.control.receiver.take();
        // Stopped meanwhile, or without its tree, it has no successor: what came for that one goes back.
        if passivating && state.control.activator().is_some_and(Activator::is_live) {
            state.control.set_tenant(Tenant::Vacant);
            let activator = if state.items.is_empty() {
                None
            } else {
                state.control.wanted()
            };
            drop(state);
            activate(activator);
        } else if keep && !passivating {
            state.control.set_tenant(Tenant::Awaited);
            drop(state);
        } else {
            state.control.set_tenant(Tenant::Vacant);
            self.clear(state, &Failure::Exited(reason.clone()));
        }
        // They are foreign code, which runs when the lock is free.
        drop((last, receiver));
    }

    /// Nobody comes; none of the failures is the last incarnation's.
    pub(crate) fn abandon(&self, failure: Option<Failure>) {
        let mut state = lock(&self.state);
        if matches!(state.control.tenant, Tenant::Occupied { .. }) {
            return;
        }
        state.control.set_tenant(Tenant::Vacant);
        self.tally.record.give_up();
        let reason = state
            .control
            .last_exit
            .as_ref()
            .map(|(_, reason)| reason.clone());
        let failure = failure.unwrap_or_else(|| reason.map_or(Failure::NoProc, Failure::Exited));
        self.clear(state, &failure);
    }

    /// How many wait.
    pub(crate) fn length(&self) -> usize {
        self.length_in(&lock(&self.state))
    }

    /// Empties the queue: callers learn of the failure, parked senders get their message back.
    fn clear(&self, mut state: MutexGuard<'_, State>, failure: &Failure) {
        let undelivered = state.items.len() as u64;
        let State { items, parked, .. } = &mut *state;
        let wakers = parked.refuse(failure, items);
        let items = items.take();
        self.crowded.store(false, Ordering::Release);
        self.tally.count(Unhandled::Undelivered, undelivered);
        drop(state);
        wake_all(wakers);
        if let Some(mut items) = items {
            while items.refuse_first(failure) {}
        }
    }
}

impl State {
    /// Moves a message out of `outbox` to the end; false if there is none, or one for somebody else.
    #[inline]
    fn append(&mut self, outbox: &mut dyn Outbox, from: Sender<'_>) -> bool {
        let Some(luggage) = self.items.push_back(outbox) else {
            return false;
        };
        from.fill(luggage, self.control.sampler.stamp());
        true
    }

    /// No more wait than that: what the receiver has left of its batch only it knows, and to ask it costs a look at
    /// what it writes with each message.
    #[inline]
    fn at_most(&self) -> usize {
        self.items.len() + self.batch
    }
}

/// Tells of an overload, if that is news.
fn tell(place: &SlotSpec, overload: Option<usize>) {
    if let Some(length) = overload {
        telemetry::overloaded(place, length);
    }
}

/// Starts the virtual instance that a message is for.
#[cold]
fn activate(activator: Option<Activator>) {
    if let Some(activator) = activator {
        activator.start();
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // Kept for a successor that did not come before all who knew the place were gone.
        let state = lock(&self.state);
        let undelivered = state.items.len() as u64;
        self.tally.count(Unhandled::Undelivered, undelivered);
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
