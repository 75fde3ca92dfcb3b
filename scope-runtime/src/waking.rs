//! Waking those who wait elsewhere: callers, whose wakers are foreign code.

use std::any::Any;
use std::task::Waker;

use crate::exit::{ExitReason, catch, contain};
use crate::telemetry::OneLine;

/// Wakes callers. Whose waker panics, keeps nobody else from being woken.
#[inline]
pub(crate) fn wake_all(wakers: Vec<Waker>) {
    // Mostly there is none, and each message comes by here.
    if !wakers.is_empty() {
        wake_each(wakers);
    }
}

#[cold]
fn wake_each(wakers: Vec<Waker>) {
    for waker in wakers {
        waking(|| waker.wake());
    }
}

/// Runs what wakes a caller; `None` if that panicked.
#[inline]
pub(crate) fn waking<T>(wake: impl FnOnce() -> T) -> Option<T> {
    catch(wake).map_err(report).ok()
}

#[cold]
fn report(payload: Box<dyn Any + Send>) {
    let panic = ExitReason::panic(payload);
    let tell = || {
        let panic = OneLine(&panic);
        tracing::error!(target: "scope", "a caller may wait for ever: its waker ended in {panic}");
    };
    // A subscriber is foreign code as well, and this is in the way of others.
    drop(contain(tell));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    /// Every other one panics.
    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            assert!(number.is_multiple_of(2), "an odd waker");
        }
    }

    #[test]
    fn each_is_woken_whoever_panics() {
        let count = Arc::new(Count::default());
        wake_all((0..5).map(|_| Waker::from(count.clone())).collect());
        assert_eq!(count.0.load(Ordering::Relaxed), 5);
    }

    #[test]
    fn what_wakes_gives_what_it_gives() {
        assert_eq!(waking(|| 1), Some(1));
        let panics = || -> u32 { panic!("a waker") };
        assert_eq!(waking(panics), None);
    }
}
