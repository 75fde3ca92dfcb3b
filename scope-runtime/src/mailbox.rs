//! The mailbox: one bounded queue per name, which outlives the incarnations that serve it.
//!
//! # Protocol
//! A slot holds the queue (`slot.rs`), and its occupant the receiving end (`receiver.rs`).
//! Everything but the receiver's batch is under one short lock; nothing is woken or dropped, and no
//! user code runs, while it is held.
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
//!   queue stays and waits for the successor, until the supervisor says that none will come.
//! - **Cancelling** a parked send takes its message out of the line.

mod parking;

use std::mem;
use std::task::Waker;
use std::time::Duration;

use crate::berth::Berth;
use crate::deadline::Ticket;
use crate::envelope::{Envelope, Luggage};
use crate::exit::ExitReason;
use crate::fifo::Fifo;
use crate::line::{Line, Step};
use crate::message::Message;
use crate::options::{Options, Overload};
use crate::reply::Failure;
use crate::ring::{Held, Wait};
use crate::rt::{Arc, AtomicBool, AtomicUsize, Instant, Mutex, MutexGuard, Ordering, Weak, lock};
use crate::slot::{AnyQueue, Control, Slot, Tenant};
use crate::stats::Stamp;
use crate::tally::Unhandled;
use crate::telemetry;
use crate::telemetry::spans::Origin;

/// For so long a mailbox does not tell again that it is overloaded.
const QUIET: Duration = Duration::from_secs(10);

pub(crate) struct Queue<M> {
    capacity: usize,
    pub(crate) overload: Overload,
    keep: bool,
    /// The slot that it is part of.
    place: Weak<Slot<Self>>,
    /// What the receiver has taken out and not begun. Written by the receiver only.
    pub(crate) taken: AtomicUsize,
    /// Set while senders are parked. Written under the lock.
    pub(crate) crowded: AtomicBool,
    pub(crate) state: Mutex<State<M>>,
}

pub(crate) struct State<M> {
    pub(crate) control: Control,
    pub(crate) items: Fifo<M>,
    pub(crate) parked: Line<M>,
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
    #[inline]
    fn luggage(self, stamp: Stamp) -> Luggage {
        Luggage {
            ticket: self.ticket,
            wait: self.wait.map(Held::new),
            origin: self.origin.cloned(),
            stamp,
        }
    }
}

/// Why a message was not taken; the message comes back.
pub(crate) struct Refused<M> {
    pub(crate) message: M,
    pub(crate) failure: Failure,
}

/// What became of a push.
pub(crate) enum Push {
    /// Queued; the number is the incarnation that was there, zero for none.
    Queued(u64),
    /// The queue is full and its policy is to wait.
    Full,
    Refused(Box<Failure>),
}

impl<M: Message> Queue<M> {
    pub(crate) fn new(options: &Options, place: Weak<Slot<Self>>) -> Self {
        Self {
            // Its builder refuses zero; the field can be set.
            capacity: options.capacity.max(1),
            overload: options.overload,
            keep: options.keep,
            place,
            taken: AtomicUsize::new(0),
            crowded: AtomicBool::new(false),
            state: Mutex::new(State {
                control: Control::default(),
                items: Fifo::default(),
                parked: Line::default(),
                batch: 0,
            }),
        }
    }

    /// The slot that it is part of; it is there as long as somebody has it.
    pub(crate) fn place(&self) -> Option<Arc<Slot<Self>>> {
        self.place.upgrade()
    }

    /// Queues beyond the capacity, if somebody is there.
    pub(crate) fn push_system(&self, message: M) -> Result<(), M> {
        self.push_beyond(message, Control::is_occupied)
    }

    /// Queues beyond the capacity, if this incarnation is there and takes messages.
    pub(crate) fn push_system_to(&self, incarnation: u64, message: M) -> Result<(), M> {
        self.push_beyond(message, |control| control.takes(incarnation))
    }

    fn push_beyond(&self, message: M, takes: impl FnOnce(&Control) -> bool) -> Result<(), M> {
        let Envelope {
            message,
            mut luggage,
        } = Envelope::new(message);
        let mut state = lock(&self.state);
        if !takes(&state.control) {
            return Err(message);
        }
        luggage.stamp = state.control.sampler.stamp();
        let waker = self.append(&mut state, message, luggage);
        drop(state);
        wake(waker);
        Ok(())
    }

    /// Queues messages in a row if this incarnation takes messages and there is room for one:
    /// a queue of one could not take two. They come back if not.
    pub(crate) fn try_push_to<const N: usize>(
        &self,
        incarnation: u64,
        messages: [M; N],
    ) -> Result<(), [M; N]> {
        let envelopes = messages.map(Envelope::new);
        let back = |envelopes: [Envelope<M>; N]| envelopes.map(|envelope| envelope.message);
        let mut state = lock(&self.state);
        if !state.control.takes(incarnation) {
            drop(state);
            return Err(back(envelopes));
        }
        let (mut overload, mut oldest) = (None, None);
        if self.is_full(&state) {
            overload = self.begin_overload(&mut state);
            if !matches!(self.overload, Overload::DropOldest) || N > 1 {
                state.control.tally.count(Unhandled::Rejected, 1);
                drop(state);
                self.tell(overload);
                return Err(back(envelopes));
            }
            oldest = state.drop_oldest();
        }
        let mut waker = None;
        for Envelope {
            message,
            mut luggage,
        } in envelopes
        {
            luggage.stamp = state.control.sampler.stamp();
            let woken = self.append(&mut state, message, luggage);
            waker = waker.or(woken);
        }
        drop(state);
        wake(waker);
        self.tell_of(overload, oldest);
        Ok(())
    }

    /// Takes a message out of `outbox` if there is room, and queues it.
    #[inline]
    pub(crate) fn push(&self, outbox: &mut Berth<M>, from: Sender<'_>) -> Push {
        let state = lock(&self.state);
        let incarnation = match state.control.accepts() {
            Ok(incarnation) => incarnation,
            Err(failure) => return Push::Refused(failure),
        };
        if self.is_full(&state) {
            return self.push_to_full(state, incarnation, outbox, from);
        }
        self.queue(state, incarnation, outbox, from)
    }

    /// Queues a message, and lets the lock go.
    #[inline]
    fn queue(
        &self,
        mut state: MutexGuard<'_, State<M>>,
        incarnation: u64,
        outbox: &mut Berth<M>,
        from: Sender<'_>,
    ) -> Push {
        let Some(message) = outbox.take() else {
            return Push::Queued(incarnation);
        };
        let luggage = from.luggage(state.control.sampler.stamp());
        let waker = self.append(&mut state, message, luggage);
        if state.control.is_vacant() {
            let activator = state.control.wanted();
            drop(state);
            activate(activator);
        } else {
            drop(state);
            wake(waker);
        }
        Push::Queued(incarnation)
    }

    /// There is no room; it is made only at the expense of the oldest. Where the receiver has just taken that, there
    /// will be room.
    #[cold]
    fn push_to_full(
        &self,
        mut state: MutexGuard<'_, State<M>>,
        incarnation: u64,
        outbox: &mut Berth<M>,
        from: Sender<'_>,
    ) -> Push {
        if !matches!(self.overload, Overload::DropOldest) {
            return self.turn_away(state);
        }
        let overload = self.begin_overload(&mut state);
        let oldest = state.drop_oldest();
        let pushed = self.queue(state, incarnation, outbox, from);
        self.tell_of(overload, oldest);
        pushed
    }

    /// Tells of an overload, if that is news, and the caller of the message that was dropped.
    fn tell_of(&self, overload: Option<usize>, oldest: Option<Envelope<M>>) {
        self.tell(overload);
        if let Some(oldest) = oldest {
            oldest.refuse(&Failure::Overloaded);
        }
    }

    /// There is no room, and none is made.
    #[cold]
    fn turn_away(&self, mut state: MutexGuard<'_, State<M>>) -> Push {
        let overload = self.begin_overload(&mut state);
        let rejects = matches!(self.overload, Overload::Reject);
        if rejects {
            state.control.tally.count(Unhandled::Rejected, 1);
        }
        drop(state);
        self.tell(overload);
        if rejects {
            Push::Refused(Box::new(Failure::Overloaded))
        } else {
            Push::Full
        }
    }

    /// Queues a message if there is room, whatever the policy.
    pub(crate) fn try_push(&self, message: M, origin: Option<&Origin>) -> Result<u64, Refused<M>> {
        let from = Sender {
            origin,
            ..Sender::default()
        };
        let mut outbox = Berth::Holds(message);
        let failure = match self.push(&mut outbox, from) {
            Push::Queued(incarnation) => return Ok(incarnation),
            Push::Refused(failure) => *failure,
            Push::Full => {
                lock(&self.state)
                    .control
                    .tally
                    .count(Unhandled::Rejected, 1);
                Failure::Overloaded
            }
        };
        match outbox.take() {
            Some(message) => Err(Refused { message, failure }),
            // It is taken only to be queued.
            None => Ok(0),
        }
    }

    fn length_in(&self, state: &State<M>) -> usize {
        state.items.len() + self.taken.load(Ordering::Acquire)
    }

    #[inline]
    fn is_full(&self, state: &State<M>) -> bool {
        // Whoever is parked comes first.
        self.crowded.load(Ordering::Relaxed)
            || (state.at_most() >= self.capacity && self.length_in(state) >= self.capacity)
    }

    #[inline]
    fn append(&self, state: &mut State<M>, message: M, luggage: Luggage) -> Option<Waker> {
        state.items.push_back(message, luggage);
        if state.at_most() > state.control.high_water || state.control.overloaded {
            self.note_length(state);
        }
        state.control.receiver.take()
    }

    fn note_length(&self, state: &mut State<M>) {
        let length = self.length_in(state);
        let control = &mut state.control;
        control.rise(length);
        if control.overloaded && length <= self.capacity.div_ceil(2) {
            control.overloaded = false;
        }
    }

    /// A message found no room. Gives the length if that is news: the mailbox was half empty since,
    /// and enough time has passed that a busy one does not tell of each wave.
    #[cold]
    fn begin_overload(&self, state: &mut State<M>) -> Option<usize> {
        let length = self.length_in(state);
        let control = &mut state.control;
        if mem::replace(&mut control.overloaded, true) {
            return None;
        }
        let now = Instant::now();
        (!control.told_within(QUIET, now)).then_some(length)
    }

    fn tell(&self, overload: Option<usize>) {
        if let (Some(length), Some(place)) = (overload, self.place()) {
            telemetry::overloaded(&place.spec, length);
        }
    }

    /// The receiver took a message; so many of its batch are left.
    #[inline]
    pub(crate) fn took(&self, left: usize) {
        self.taken.store(left, Ordering::Release);
        if self.crowded.load(Ordering::Acquire) {
            self.let_in();
        }
    }

    /// Empties the queue: callers learn of the failure, parked senders get their message back.
    fn clear(&self, mut state: MutexGuard<'_, State<M>>, failure: &Failure) {
        let mut items = mem::take(&mut state.items);
        let mut wakers = Vec::new();
        for parked in state.parked.iter_mut() {
            // One that was refused before is still its sender's to fetch.
            if let Some(envelope) = parked.take_waiting() {
                parked.step = Step::Refused(envelope, failure.clone());
                wakers.extend(parked.waker.take());
            }
        }
        self.crowded.store(false, Ordering::Release);
        let undelivered = items.len() as u64;
        state
            .control
            .tally
            .count(Unhandled::Undelivered, undelivered);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        while let Some(envelope) = items.take_first() {
            envelope.refuse(failure);
        }
    }
}

impl<M> State<M> {
    /// Makes room by dropping the message that waits longest. There is none if the receiver has
    /// just taken it: then there will be room.
    fn drop_oldest(&mut self) -> Option<Envelope<M>> {
        let dropped = self.items.take_first()?;
        self.control.tally.count(Unhandled::DroppedOldest, 1);
        Some(dropped)
    }

    /// No more wait than that: what the receiver has left of its batch only it knows, and to ask it costs a look at
    /// what it writes with each message.
    #[inline]
    fn at_most(&self) -> usize {
        self.items.len() + self.batch
    }
}

/// Starts the virtual instance that a message is for.
#[cold]
fn activate(activator: Option<Arc<dyn Fn() + Send + Sync>>) {
    if let Some(activate) = activator {
        activate();
    }
}

impl<M> Drop for Queue<M> {
    fn drop(&mut self) {
        // Kept for a successor that did not come before all who knew the place were gone.
        let state = lock(&self.state);
        let undelivered = state.items.len() as u64;
        state
            .control
            .tally
            .count(Unhandled::Undelivered, undelivered);
    }
}

impl<M: Message> AnyQueue for Queue<M> {
    fn vacate(&self, incarnation: u64, reason: &ExitReason) {
        let mut state = lock(&self.state);
        let passivating = match &state.control.tenant {
            Tenant::Occupied {
                incarnation: own,
                passivating,
                ..
            } if *own == incarnation => *passivating,
            // A successor's entry is not ours to touch.
            _ => return,
        };
        let last = state
            .control
            .last_exit
            .replace((incarnation, reason.clone()));
        state.control.tally.record.leave(passivating);
        let receiver = state.control.receiver.take();
        // Stopped meanwhile, it has no successor: what came for that one goes back.
        if passivating && state.control.activator().is_some() {
            state.control.set_tenant(Tenant::Vacant);
            let activator = if state.items.is_empty() {
                None
            } else {
                state.control.wanted()
            };
            drop(state);
            activate(activator);
        } else if self.keep && !passivating {
            state.control.set_tenant(Tenant::Awaited);
            drop(state);
        } else {
            state.control.set_tenant(Tenant::Vacant);
            self.clear(state, &Failure::Exited(reason.clone()));
        }
        // They are foreign code, which runs when the lock is free.
        drop((last, receiver));
    }

    fn abandon(&self, failure: Option<Failure>) {
        let mut state = lock(&self.state);
        if matches!(state.control.tenant, Tenant::Occupied { .. }) {
            return;
        }
        state.control.set_tenant(Tenant::Vacant);
        state.control.tally.record.give_up();
        let reason = state
            .control
            .last_exit
            .as_ref()
            .map(|(_, reason)| reason.clone());
        let failure = failure.unwrap_or_else(|| reason.map_or(Failure::NoProc, Failure::Exited));
        self.clear(state, &failure);
    }

    fn control(&self, change: &mut dyn FnMut(&mut Control)) {
        change(&mut lock(&self.state).control);
    }

    fn length(&self) -> usize {
        self.length_in(&lock(&self.state))
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
