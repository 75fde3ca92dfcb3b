//! Shuttle's in place of std's and tokio's: it decides who runs next, and sees every lock.
//!
//! What shuttle has not is here, as small as it can be:
//!
//! | what | stand-in |
//! | --- | --- |
//! | time | a clock of the execution's own. A sleep of less than a second ends when the scheduler likes, and moves the clock; a longer one never ends |
//! | tasks | their end is awaited: one that hangs is a deadlock, whether or not anybody waits for it. Not those of [`Runtime::run`] |
//! | statics | made anew for every execution |
//! | `OnceLock` | of several who fill it at the same time, each makes a value, and one is kept |
//! | runtimes | there is one |
//! | `Notify`, `oneshot` | a mutex and wakers, with what the runtime uses of them. shuttle-tokio has both, but builds criterion, and lets nobody in between the look at a closed channel and what follows |
//! | the cooperative budget | tokio's, which is without limit outside of its runtime |

pub(crate) use shuttle::future::AbortHandle;
pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
pub(crate) use shuttle::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
pub(crate) use shuttle::thread_local;

use std::future::Future;
use std::mem;
use std::ops::{Add, AddAssign, Sub};
use std::pin::Pin;
use std::sync::OnceLock as Cell;
use std::sync::atomic::AtomicU64 as Plain;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};

use super::lock;

/// Makes a static whose value is made at its first use in an execution.
macro_rules! global {
    (static $name:ident: $type:ty = $value:expr;) => {
        shuttle::lazy_static! { static ref $name: $type = $value; }
    };
}
pub(crate) use global;

/// Spawns a task whose end the execution awaits.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
    let handle = shuttle::future::spawn(task);
    let abort = handle.abort_handle();
    #[expect(clippy::mem_forget, reason = "dropping it would detach the task")]
    mem::forget(handle);
    abort
}

/// The runtime.
#[derive(Clone)]
pub(crate) struct Runtime;

impl Runtime {
    #[expect(clippy::unnecessary_wraps, reason = "the same as the real one's")]
    pub(crate) fn current() -> Option<Self> {
        Some(Self)
    }

    pub(crate) fn with_own_thread() -> Option<Self> {
        None
    }

    #[expect(clippy::unused_self, reason = "the same as the real one's")]
    pub(crate) fn id(&self) -> RuntimeId {
        RuntimeId
    }

    /// Starts a task whose end nobody awaits; there is only this runtime.
    pub(crate) fn run_there(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.run(task);
    }

    /// Starts a task whose end nobody awaits.
    #[expect(clippy::unused_self, reason = "the same as the real one's")]
    pub(crate) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(shuttle::future::spawn(task));
    }
}

/// Its clock goes on when somebody waits for it; whether that is told of is part of the schedule.
pub(crate) fn stands_still() -> bool {
    thread_rng().gen_bool(0.5)
}

/// The id of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RuntimeId;

/// A value that is set once.
pub(crate) struct OnceLock<T> {
    cell: Cell<T>,
    /// Others may run before each access.
    door: AtomicBool,
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        Self {
            cell: Cell::new(),
            door: AtomicBool::new(false),
        }
    }

    fn let_others_run(&self) {
        self.door.load(Ordering::SeqCst);
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.let_others_run();
        self.cell.get()
    }

    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        self.let_others_run();
        self.cell.set(value)
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        if let Some(known) = self.get() {
            return known;
        }
        let made = make();
        self.let_others_run();
        self.cell.get_or_init(|| made)
    }
}

// How late it is: nanoseconds since the execution began.
global! { static CLOCK: Plain = Plain::new(0); }

/// A moment of the execution's own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Instant(Duration);

impl Instant {
    pub(crate) fn now() -> Self {
        Self(Duration::from_nanos(CLOCK.load(Ordering::Relaxed)))
    }

    pub(crate) fn checked_add(self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Self)
    }

    pub(crate) fn saturating_duration_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    pub(crate) fn elapsed(self) -> Duration {
        Self::now().saturating_duration_since(self)
    }

    fn has_come(self) {
        let nanos = u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX);
        CLOCK.fetch_max(nanos, Ordering::Relaxed);
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0 + duration)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        self.0 += duration;
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.saturating_duration_since(earlier)
    }
}

/// What is as good as for ever: no execution is meant to take so long.
const LONG: Duration = Duration::from_secs(1);

/// A wait for a moment.
pub(crate) struct Sleep {
    deadline: Instant,
    ends: bool,
}

pub(crate) fn sleep(duration: Duration) -> Sleep {
    sleep_until(Instant(Instant::now().0.saturating_add(duration)))
}

pub(crate) fn sleep_until(deadline: Instant) -> Sleep {
    Sleep {
        deadline,
        ends: deadline - Instant::now() < LONG,
    }
}

impl Sleep {
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(crate) fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        *self = sleep_until(deadline);
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.deadline <= Instant::now() {
            return Poll::Ready(());
        }
        if !self.ends {
            return Poll::Pending;
        }
        if thread_rng().r#gen() {
            self.deadline.has_come();
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Tells everybody who waits.
pub(crate) struct Notify(Mutex<Notifications>);

#[derive(Default)]
struct Notifications {
    sent: u64,
    waiting: Vec<Waker>,
}

impl Notify {
    pub(crate) fn new() -> Self {
        Self(Mutex::default())
    }

    /// The next notification after this was called, whenever it is awaited.
    pub(crate) fn notified(&self) -> impl Future<Output = ()> + Send {
        let seen = lock(&self.0).sent;
        std::future::poll_fn(move |cx| {
            let mut state = lock(&self.0);
            if state.sent > seen {
                return Poll::Ready(());
            }
            if !state.waiting.iter().any(|it| it.will_wake(cx.waker())) {
                state.waiting.push(cx.waker().clone());
            }
            Poll::Pending
        })
    }

    pub(crate) fn notify_waiters(&self) {
        let waiting = {
            let mut state = lock(&self.0);
            state.sent += 1;
            mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// Places for one value.
pub(crate) mod oneshot {
    use super::{Context, Future, Mutex, Pin, Poll, Waker, lock};
    use std::sync::Arc;

    struct Place<T> {
        value: Option<T>,
        waker: Option<Waker>,
        closed: bool,
    }

    pub(crate) struct Sender<T>(Arc<Mutex<Place<T>>>);

    pub(crate) struct Receiver<T>(Arc<Mutex<Place<T>>>);

    /// Nobody will send any more.
    #[derive(Debug)]
    pub(crate) struct Closed;

    pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
        let place = Arc::new(Mutex::new(Place {
            value: None,
            waker: None,
            closed: false,
        }));
        (Sender(place.clone()), Receiver(place))
    }

    impl<T> Sender<T> {
        pub(crate) fn send(self, value: T) -> Result<(), T> {
            let mut place = lock(&self.0);
            if place.closed {
                return Err(value);
            }
            place.value = Some(value);
            drop(place);
            Ok(())
        }

        pub(crate) fn is_closed(&self) -> bool {
            lock(&self.0).closed
        }
    }

    impl<T> Drop for Sender<T> {
        fn drop(&mut self) {
            let waker = {
                let mut place = lock(&self.0);
                place.closed = true;
                place.waker.take()
            };
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    impl<T> Future for Receiver<T> {
        type Output = Result<T, Closed>;

        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            let mut place = lock(&self.0);
            if let Some(value) = place.value.take() {
                return Poll::Ready(Ok(value));
            }
            if place.closed {
                return Poll::Ready(Err(Closed));
            }
            place.waker = Some(cx.waker().clone());
            Poll::Pending
        }
    }

    impl<T> Drop for Receiver<T> {
        fn drop(&mut self) {
            let unread = {
                let mut place = lock(&self.0);
                place.closed = true;
                place.value.take()
            };
            drop(unread);
        }
    }
}
