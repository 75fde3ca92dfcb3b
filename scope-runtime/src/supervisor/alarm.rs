//! One timer for all that a supervisor waits for with a limit.
//!
//! Nearly every start and stop is over long before its time. A timer of its own for each would be entered into the
//! runtime's table and taken out again, and where it is the next to go off the thread that waits for timers is woken, a
//! system call. So the alarm stays set when what it was set for has come; it goes off early for whoever waits next, and
//! is set anew only then.
//!
//! Where a test has paused the time, that would move it: with nothing else to do, it jumps to the next timer. There the
//! alarm is taken back when nobody waits for it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::rt::{Instant, Sleep, after, sleep_until, stands_still};

/// For one task: it wakes whoever polled it last.
#[derive(Default)]
pub(super) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    /// The time stood still when it was set.
    paused: bool,
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

    /// Nothing is waited for with a limit.
    pub(super) fn rest(&mut self) {
        if self.paused {
            self.sleep = None;
        }
    }

    /// Waits for `future`, but not longer than until `due`.
    pub(super) async fn before<T>(
        &mut self,
        due: Option<Instant>,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        if due.is_none() {
            self.rest();
        }
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
        let sleep = self.sleep.get_or_insert_with(|| {
            self.paused = stands_still();
            Box::pin(sleep_until(due))
        });
        loop {
            let set = sleep.deadline();
            if set > due {
                sleep.as_mut().reset(due);
            }
            ready!(sleep.as_mut().poll(cx));
            if set >= due {
                return Poll::Ready(());
            }
            self.paused = stands_still();
            sleep.as_mut().reset(due);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    const SHORT: Duration = Duration::from_millis(10);
    const LONG: Duration = Duration::from_secs(60);

    /// When the alarm goes off, from `begun` on.
    fn set(alarm: &Alarm, begun: Instant) -> Option<Duration> {
        let sleep = alarm.sleep.as_ref();
        sleep.map(|sleep| sleep.deadline() - begun)
    }

    /// Ready when it is polled again.
    async fn soon() {
        tokio::task::yield_now().await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_longer_than_the_limit_is_not_waited_for() {
        let (mut alarm, begun) = (Alarm::default(), Instant::now());
        assert_eq!(alarm.within(Some(SHORT), pending::<()>()).await, None);
        assert_eq!(begun.elapsed(), SHORT);
        assert_eq!(alarm.within(Some(LONG), ready(1)).await, Some(1));
        assert_eq!(begun.elapsed(), SHORT);
        assert_eq!(alarm.before(Some(begun), pending::<()>()).await, None);
        assert_eq!(alarm.before(Some(begun), ready(1)).await, Some(1));
        assert_eq!(begun.elapsed(), SHORT, "that had come");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_set_goes_off_in_time_for_whoever_is_next() {
        let mut alarm = Alarm::default();
        for limit in [SHORT, LONG, SHORT] {
            assert_eq!(alarm.within(Some(LONG / 2), soon()).await, Some(()));
            let begun = Instant::now();
            assert_eq!(alarm.within(Some(limit), pending::<()>()).await, None);
            assert_eq!(begun.elapsed(), limit, "whatever it was set for");
        }
    }

    #[tokio::test]
    async fn it_stays_set_where_time_goes_on() {
        let (mut alarm, begun) = (Alarm::default(), Instant::now());
        assert_eq!(alarm.within(Some(LONG), soon()).await, Some(()));
        let first = set(&alarm, begun);
        assert!(first >= Some(LONG));
        alarm.rest();
        assert_eq!(alarm.within(Some(2 * LONG), soon()).await, Some(()));
        assert_eq!(set(&alarm, begun), first);
    }

    #[tokio::test(start_paused = true)]
    async fn it_moves_no_paused_time_when_nobody_waits_for_it() {
        let (mut alarm, begun) = (Alarm::default(), Instant::now());
        assert_eq!(alarm.within(Some(LONG), soon()).await, Some(()));
        assert_eq!(set(&alarm, begun), Some(LONG));
        alarm.rest();
        assert_eq!(set(&alarm, begun), None);
        assert_eq!(alarm.within(Some(LONG), soon()).await, Some(()));
        assert_eq!(alarm.within(None, soon()).await, Some(()));
        assert_eq!(set(&alarm, begun), None, "without a limit");
    }

    #[tokio::test]
    async fn it_is_noticed_that_time_was_paused() {
        let (mut alarm, begun) = (Alarm::default(), Instant::now());
        assert_eq!(alarm.within(Some(SHORT), soon()).await, Some(()));
        tokio::time::pause();
        // What was set goes off early for this one.
        assert_eq!(alarm.within(Some(LONG), pending::<()>()).await, None);
        assert!(begun.elapsed() >= LONG);
        alarm.rest();
        assert_eq!(set(&alarm, begun), None);
    }
}
