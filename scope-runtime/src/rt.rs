//! The one door to threads, locks and time.
//!
//! Everything of std and tokio that a schedule explorer has to replace comes through here.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
pub(crate) use std::sync::{Arc, Mutex, MutexGuard, OnceLock, RwLock, Weak};
pub(crate) use tokio::sync::Notify;
pub(crate) use tokio::task::AbortHandle;
pub(crate) use tokio::time::{Instant, Sleep, sleep, sleep_until};

use std::future::Future;
use std::sync::{PoisonError, RwLockReadGuard, RwLockWriteGuard};

/// Locks; no user code ever runs under one of our locks, so a poisoned one is still whole.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn read<T: ?Sized>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn write<T: ?Sized>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Spawns on the current runtime. Who calls it owns the task and says when it ends.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where tasks are made"
    )]
    tokio::spawn(task).abort_handle()
}
