//! One timer for all that a supervisor waits for with a limit.
//!
//! Nearly every start and stop is over long before its time. A timer of its own for each would be entered into the
//! runtime's table and taken out again, and where it is the next to go off the thread that waits for timers is woken, a
//! system call. So the alarm stays set when what it was set for has come; it goes off early for whoever waits next, and
//! is set anew only then.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::rt::{Instant, Sleep, after, sleep_until};

/// For one task: it wakes whoever polled it last.
#[derive(Default)]
pub(super) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    /// Waits for `future`, but not longer than `limit`.
    pub(super) async fn within<T>(
        &mut self,
        limit: Option<Duration>,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        let due = limit.map(|limit| after(Instant::now(), limit));
        self.before(due, future).await
    }

    /// Waits for `future`, but not longer than until `due`.
    pub(super) async fn before<T>(
        &mut self,
        due: Option<Instant>,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        let mut future = pin!(future);
        poll_fn(|cx| match (future.as_mut().poll(cx), due) {
            (Poll::Ready(output), _) => Poll::Ready(Some(output)),
            (Poll::Pending, Some(due)) => self.poll(due, cx).map(|()| None),
            (Poll::Pending, None) => Poll::Pending,
        })
        .await
    }

    /// Ready from `due` on.
    fn poll(&mut self, due: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
        loop {
            let set = sleep.deadline();
            if set > due {
                sleep.as_mut().reset(due);
            }
            ready!(sleep.as_mut().poll(cx));
            if set >= due {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(due);
        }
    }
}
