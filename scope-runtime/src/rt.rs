//! The one door to threads, locks and time.
//!
//! Everything of std and tokio that a schedule explorer has to replace comes through here. With
//! `--cfg scope_shuttle` it is shuttle's, see `rt/explored.rs`.

#[cfg(scope_shuttle)]
mod explored;
#[cfg(not(scope_shuttle))]
mod real;

#[cfg(scope_shuttle)]
pub(crate) use explored::*;
#[cfg(not(scope_shuttle))]
pub(crate) use real::*;

// These hold no state that another task could see.
pub(crate) use std::sync::{Arc, Weak};
pub(crate) use std::thread::panicking;
#[cfg(feature = "signal")]
pub(crate) use tokio::signal;
pub(crate) use tokio::{select, task::coop::poll_proceed};

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64 as Plain, Ordering as Order};
use std::time::Duration;

/// Locks. No user code runs under our locks, but for the `Hash` and `Eq` of registry keys, and
/// wakers being cloned; so a poisoned one is still whole.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn read<T: ?Sized>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn write<T: ?Sized>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// The instant after a time that may be longer than the clock can count.
pub(crate) fn after(now: Instant, time: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    now.checked_add(time).unwrap_or(now + YEAR)
}

/// Numbers that are unique in this program, from one on.
///
/// Not for the explorer: which number somebody gets changes nothing.
#[derive(Debug)]
pub(crate) struct Numbers(Plain);

impl Numbers {
    pub(crate) const fn new() -> Self {
        Self(Plain::new(1))
    }

    pub(crate) fn next(&self) -> u64 {
        // Relaxed: only uniqueness matters.
        self.0.fetch_add(1, Order::Relaxed)
    }
}
