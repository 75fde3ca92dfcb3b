//! Whether the time of a caller is up before its message is taken: behind a message whose handler took its time.
//!
//! To know that takes a look at the clock, which costs a quarter of a message. So nobody looks where the queue was empty;
//! where messages follow one another faster than that matters, at some of them; and at the table of those who wait
//! only when a millisecond has passed.

use std::time::Duration;

use crate::deadline::{Deadlines, Ticket};
use crate::stats::Moment;

/// Handlers that take less are not looked at one by one.
const SHORT: Duration = Duration::from_micros(100);

/// At most so many are passed over.
const MOST: u8 = 16;

/// For so long it is not asked again whose time is up.
const RECENT: Duration = Duration::from_millis(1);

/// What the receiver knows of the time that its messages waited.
pub(crate) struct Lateness {
    waited: Waited,
    /// How many times were up when the queue was empty.
    expiries: usize,
}

enum Waited {
    /// Not at all: the queue was empty.
    No,
    Perhaps,
    Looked(Look),
}

struct Look {
    /// When somebody looked at the ticks.
    at: Moment,
    /// When somebody looked whose time is up: nobody's was, then.
    table: Moment,
    /// So many messages are passed over before the next look, and so many are left of them.
    gap: u8,
    left: u8,
}

impl Lateness {
    pub(crate) fn new() -> Self {
        Self {
            waited: Waited::Perhaps,
            expiries: 0,
        }
    }

    /// Nothing waits: what comes from now on has not waited.
    pub(crate) fn idle(&mut self, deadlines: Option<&Deadlines>) {
        self.waited = Waited::No;
        if let Some(deadlines) = deadlines {
            self.expiries = deadlines.expiries();
        }
    }

    /// Something held up the messages that wait.
    pub(crate) fn delayed(&mut self) {
        self.waited = Waited::Perhaps;
    }

    /// A message was handled; those behind it waited for that.
    #[inline]
    pub(crate) fn handled(&mut self, waits: bool) {
        if waits || matches!(self.waited, Waited::No) {
            self.waited = Waited::Perhaps;
        }
    }

    /// True if a caller's time was up before its message was taken.
    #[inline]
    pub(crate) fn is_late(&mut self, deadlines: Option<&Deadlines>, ticket: Ticket) -> bool {
        match &mut self.waited {
            Waited::No => return false,
            Waited::Looked(look) if look.left > 0 => look.left -= 1,
            Waited::Perhaps | Waited::Looked(_) => self.look(deadlines),
        }
        deadlines.is_some_and(|deadlines| {
            deadlines.expiries() != self.expiries && deadlines.is_expired(ticket)
        })
    }

    fn look(&mut self, deadlines: Option<&Deadlines>) {
        let now = Moment::now();
        // The explorer's time is another one.
        let known = match &mut self.waited {
            Waited::Looked(look) if !cfg!(scope_shuttle) => look,
            _ => {
                self.waited = Waited::Looked(Look {
                    at: now,
                    table: now,
                    gap: 0,
                    left: 0,
                });
                return wake_due(deadlines);
            }
        };
        known.gap = if now.since(known.at) < SHORT {
            (known.gap * 2 + 1).min(MOST)
        } else {
            0
        };
        known.left = known.gap;
        known.at = now;
        if now.since(known.table) >= RECENT {
            known.table = now;
            wake_due(deadlines);
        }
    }
}

fn wake_due(deadlines: Option<&Deadlines>) {
    if let Some(deadlines) = deadlines {
        deadlines.wake_due();
    }
}
