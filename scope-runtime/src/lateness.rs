//! Whether the time of a caller is up before its message is taken.
//!
//! Where the sweeper of the deadlines can run, it says so itself, by a count. But it needs a thread, and a handler or
//! another task may hold the only one. So somebody has to look at the clock, which costs a tenth of a message:
//! - Nobody looks while the table of the deadlines is as it was when the queue was empty: whose message came since, its
//!   time has not begun. So it mostly is where calls come in numbers, and the queue runs empty between them.
//! - Else the processor's ticks say whether a millisecond has passed since the last look at the table.
//! - Where calls are few, and after a wait, the first message is looked at without these: time that a test pauses
//!   jumps between two of them.

use std::time::Duration;

use crate::deadline::{Beat, Deadlines, Ticket};
use crate::stats::Moment;

/// For so long it is not asked again whose time is up.
const RECENT: Duration = Duration::from_millis(1);

/// What the receiver knows of the time that its messages waited.
pub(crate) struct Lateness {
    /// The state of the table when the queue was empty, and how many times were up.
    beat: Beat,
    expiries: usize,
    /// When the table was looked at; `None` if that is to be done in any case.
    looked: Option<Moment>,
}

impl Lateness {
    pub(crate) fn new() -> Self {
        Self {
            beat: Beat::NEVER,
            expiries: 0,
            looked: None,
        }
    }

    /// Nothing waits: what comes from now on has not waited.
    pub(crate) fn idle(&mut self, deadlines: Option<&Deadlines>) {
        let Some(deadlines) = deadlines else {
            return;
        };
        let news = deadlines.news();
        self.beat = news.beat();
        self.expiries = news.expiries();
        if !self.beat.is_ticking() {
            self.looked = None;
        }
    }

    /// Others had the thread while messages waited.
    #[inline]
    pub(crate) fn delayed(&mut self) {
        self.looked = None;
    }

    /// True if a caller's time was up before its message was taken.
    #[inline]
    pub(crate) fn is_late(&mut self, deadlines: Option<&Deadlines>, ticket: Ticket) -> bool {
        deadlines.is_some_and(|deadlines| {
            deadlines.news().beat() != self.beat && self.is_over(deadlines, ticket)
        })
    }

    fn is_over(&mut self, deadlines: &Deadlines, ticket: Ticket) -> bool {
        let now = Moment::now();
        let is_recent = |looked: Moment| now.since(looked) < RECENT;
        // The explorer's time is another one.
        if cfg!(scope_shuttle) || !self.looked.is_some_and(is_recent) {
            self.looked = Some(now);
            deadlines.wake_due();
        }
        deadlines.news().expiries() != self.expiries && deadlines.is_expired(ticket)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::deadline::Limit;
    use crate::rt::Arc;

    const SHORT: Limit = Limit::Within(Duration::from_millis(2));
    const LONG: Limit = Limit::Within(Duration::from_secs(60));

    /// Holds the thread until whoever had a short time has none.
    #[expect(
        clippy::disallowed_methods,
        reason = "the sweeper is not to run meanwhile"
    )]
    fn hold_the_thread() {
        std::thread::sleep(Duration::from_millis(10));
    }

    fn call(deadlines: &Arc<Deadlines>, limit: Limit) -> Ticket {
        deadlines.add(limit, Waker::noop()).0
    }

    /// As where calls come in numbers.
    async fn tick(deadlines: &Arc<Deadlines>) {
        for _ in 0..100_000 {
            if deadlines.news().beat().is_ticking() {
                return;
            }
            let ticket = call(deadlines, LONG);
            deadlines.remove(ticket);
            tokio::task::yield_now().await;
        }
        panic!("so many calls make the sweeper tick");
    }

    #[tokio::test]
    async fn who_waited_behind_one_that_did_not_yield_is_late_however_many_were_quick() {
        for quick in [0, 1, 33, 40] {
            let deadlines = Deadlines::of_this_runtime(None).unwrap();
            let mut lateness = Lateness::new();
            let in_time: Vec<_> = (0..quick).map(|_| call(&deadlines, LONG)).collect();
            let waiting: Vec<_> = (0..20).map(|_| call(&deadlines, SHORT)).collect();
            let mut is_late = |ticket| lateness.is_late(Some(&deadlines), ticket);
            assert!(!in_time.into_iter().any(&mut is_late));
            hold_the_thread();
            assert!(
                waiting.into_iter().all(is_late),
                "behind {quick} quick ones"
            );
        }
    }

    #[tokio::test]
    async fn who_waited_for_another_task_is_late() {
        let deadlines = Deadlines::of_this_runtime(None).unwrap();
        let mut lateness = Lateness::new();
        lateness.idle(Some(&deadlines));
        let ticket = call(&deadlines, SHORT);
        hold_the_thread();
        assert!(lateness.is_late(Some(&deadlines), ticket));
        lateness.idle(Some(&deadlines));
        let next = call(&deadlines, LONG);
        assert!(!lateness.is_late(Some(&deadlines), next));
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_jumps_makes_late() {
        let deadlines = Deadlines::of_this_runtime(None).unwrap();
        let mut lateness = Lateness::new();
        let before = call(&deadlines, LONG);
        assert!(!lateness.is_late(Some(&deadlines), before));
        for wait in [Lateness::delayed, |it: &mut Lateness| {
            it.idle(Deadlines::of_this_runtime(None).as_deref());
        }] {
            wait(&mut lateness);
            let ticket = call(&deadlines, SHORT);
            tokio::time::advance(Duration::from_secs(1)).await;
            assert!(lateness.is_late(Some(&deadlines), ticket));
        }
    }

    #[tokio::test]
    async fn nobody_is_late_whose_time_has_not_begun() {
        let deadlines = Deadlines::of_this_runtime(None).unwrap();
        tick(&deadlines).await;
        let mut lateness = Lateness::new();
        lateness.idle(Some(&deadlines));
        let tickets = [call(&deadlines, SHORT), call(&deadlines, SHORT)];
        hold_the_thread();
        assert!(!lateness.is_late(Some(&deadlines), tickets[0]));
        assert!(lateness.looked.is_none(), "there is nothing to look for");
        // Now it begins.
        deadlines.wake_due();
        hold_the_thread();
        assert!(lateness.is_late(Some(&deadlines), tickets[1]));
    }

    #[tokio::test]
    async fn the_table_is_asked_once_in_a_while() {
        let deadlines = Deadlines::of_this_runtime(None).unwrap();
        let mut lateness = Lateness::new();
        let tickets = [call(&deadlines, LONG), call(&deadlines, LONG)];
        assert!(!lateness.is_late(Some(&deadlines), tickets[0]));
        let looked = Moment::now();
        lateness.looked = Some(looked);
        hold_the_thread();
        assert!(!lateness.is_late(Some(&deadlines), tickets[1]));
        let since = lateness.looked.map(|again| again.since(looked));
        assert!(since >= Some(RECENT), "time has passed: {since:?}");
    }

    #[test]
    fn where_nobody_keeps_time_nobody_is_late() {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let ticket = runtime.unwrap().block_on(async {
            let deadlines = Deadlines::of_this_runtime(None).unwrap();
            call(&deadlines, LONG)
        });
        assert!(!Lateness::new().is_late(None, ticket));
    }
}
