//! When something ran in a place, and when it should have.

use std::time::Duration;

use crate::rt::Instant;

/// The life of one place, in the time that tests can pause.
#[derive(Clone, Copy, Default)]
pub(crate) struct Life {
    /// An incarnation runs since then.
    up_since: Option<Instant>,
    /// None runs since then, and a successor may come.
    down_since: Option<Instant>,
    /// The last one ended then.
    pub(crate) ended: Option<Instant>,
    up: Duration,
    down: Duration,
    pub(crate) restarts: u64,
}

/// How an incarnation left its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// It ended.
    Ended,
    /// It had nothing to do: it is there again with the next message.
    Passivated,
}

impl Life {
    pub(crate) fn start(&mut self, now: Instant) {
        if let Some(since) = self.down_since.take() {
            self.down += now.saturating_duration_since(since);
            self.restarts += 1;
        }
        self.up_since = Some(now);
    }

    pub(crate) fn end(&mut self, now: Instant, leave: Leave) {
        let Some(since) = self.up_since.take() else {
            // It failed to start: the place is as it was.
            return;
        };
        self.up += now.saturating_duration_since(since);
        self.down_since = (leave == Leave::Ended).then_some(now);
        self.ended = Some(now);
    }

    /// No successor comes by itself: it is not missing any more.
    pub(crate) fn give_up(&mut self, now: impl FnOnce() -> Instant) {
        if let Some(since) = self.down_since.take() {
            self.down += now().saturating_duration_since(since);
        }
    }

    pub(crate) fn up(&self, now: Instant) -> Duration {
        self.up + since(self.up_since, now)
    }

    pub(crate) fn down(&self, now: Instant) -> Duration {
        self.down + since(self.down_since, now)
    }

    /// How long the incarnation runs that is there.
    pub(crate) fn age(&self, now: Instant) -> Option<Duration> {
        self.up_since
            .map(|since| now.saturating_duration_since(since))
    }

    /// True if something runs, or is missing.
    pub(crate) fn is_alive(&self) -> bool {
        self.up_since.is_some() || self.down_since.is_some()
    }
}

fn since(moment: Option<Instant>, now: Instant) -> Duration {
    moment.map_or(Duration::ZERO, |moment| {
        now.saturating_duration_since(moment)
    })
}
