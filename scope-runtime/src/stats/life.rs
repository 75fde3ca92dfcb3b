//! When something ran in a place, and when it should have.

use std::time::Duration;

use crate::rt::Instant;

/// The life of one place, in the time that tests can pause.
#[derive(Clone, Copy, Default)]
pub(crate) struct Life {
    /// What there is, and since when; nothing, before the first incarnation started.
    at: Option<Instant>,
    presence: Presence,
    restarts: u32,
    up: Duration,
    down: Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Presence {
    /// An incarnation runs.
    Up,
    /// None runs, and a successor may come.
    Down,
    /// None runs, and none is missing.
    #[default]
    Over,
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
        if self.presence == Presence::Down {
            self.down += self.lasts(now);
            self.restarts = self.restarts.saturating_add(1);
        }
        self.enter(Presence::Up, now);
    }

    pub(crate) fn end(&mut self, now: Instant, leave: Leave) {
        if self.presence != Presence::Up {
            // It failed to start: the place is as it was.
            return;
        }
        self.up += self.lasts(now);
        let next = match leave {
            Leave::Ended => Presence::Down,
            Leave::Passivated => Presence::Over,
        };
        self.enter(next, now);
    }

    /// No successor comes by itself: it is not missing any more.
    pub(crate) fn give_up(&mut self, now: impl FnOnce() -> Instant) {
        if self.presence == Presence::Down {
            self.down += self.lasts(now());
            self.presence = Presence::Over;
        }
    }

    fn enter(&mut self, presence: Presence, now: Instant) {
        self.presence = presence;
        self.at = Some(now);
    }

    /// For how long it is as it is.
    fn lasts(&self, now: Instant) -> Duration {
        self.at
            .map_or(Duration::ZERO, |at| now.saturating_duration_since(at))
    }

    /// The same, if it is so.
    fn lasts_as(&self, presence: Presence, now: Instant) -> Option<Duration> {
        (self.presence == presence).then(|| self.lasts(now))
    }

    pub(crate) fn up(&self, now: Instant) -> Duration {
        self.up + self.age(now).unwrap_or_default()
    }

    pub(crate) fn down(&self, now: Instant) -> Duration {
        self.down + self.lasts_as(Presence::Down, now).unwrap_or_default()
    }

    /// How long the incarnation runs that is there.
    pub(crate) fn age(&self, now: Instant) -> Option<Duration> {
        self.lasts_as(Presence::Up, now)
    }

    /// When the last incarnation ended, if none runs.
    pub(crate) fn ended(&self) -> Option<Instant> {
        self.at.filter(|_| self.presence != Presence::Up)
    }

    pub(crate) fn restarts(&self) -> u64 {
        self.restarts.into()
    }

    /// True if something runs, or is missing.
    pub(crate) fn is_alive(&self) -> bool {
        self.presence != Presence::Over
    }
}
