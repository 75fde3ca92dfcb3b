//! `/api/v1/events`: events as they come, as server-sent events.
//!
//! The id of an event is that of the observer and a number. A client that comes back with the last
//! one it saw, in `Last-Event-ID` as browsers do or in `after`, gets what it missed; `lagged` tells
//! how many are forgotten. One that was connected to an earlier process begins with the oldest.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::record::EventRecord;
use super::ring::Ring;
use crate::query::Pairs;
use crate::{Observer, Problem};

/// How many clients may listen at once.
const MOST: usize = 64;

/// How often a comment is sent where no event is.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The places of clients that listen.
#[derive(Debug)]
pub(crate) struct Streams {
    places: Arc<Semaphore>,
    /// Tells this observer's ids from those of an earlier process.
    origin: String,
}

impl Streams {
    pub(crate) fn new(origin: String) -> Self {
        Self {
            places: Arc::new(Semaphore::new(MOST)),
            origin,
        }
    }
}

pub(crate) async fn events(
    State(observer): State<Observer>,
    headers: HeaderMap,
    mut query: Pairs,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let prefixes = query.take("prefix")?.unwrap_or_default();
    let after = query.take("after")?;
    query.end()?;
    // Commas are in no event's name.
    let prefixes: Vec<String> = prefixes.split(',').map(str::to_owned).collect();
    if let Some(unknown) = prefixes.iter().find(|it| !observer.ring().keeps(it)) {
        let kept = observer.ring().prefixes().join("`, `");
        return Err(Problem::bad_request(format!(
            "no events under `{unknown}` are kept; there are those under `{kept}`"
        )));
    }
    let Streams { places, origin } = observer.streams();
    let place = places.clone().try_acquire_owned().map_err(|_| {
        Problem::unavailable(format!("{MOST} clients listen already, which is the most"))
    })?;
    let header = headers.get("last-event-id");
    let header = header.and_then(|id| id.to_str().ok());
    let seen = header.or(after.as_deref());
    let changes = observer.ring().watch();
    let last = *changes.borrow();
    let cursor = Cursor {
        seen: seen.map_or(last, |id| number(origin, id).unwrap_or(0).min(last)),
        ring: observer.ring().clone(),
        changes,
        closed: observer.closed(),
        waiting: VecDeque::new(),
        prefixes,
        origin: origin.clone(),
        _place: place,
    };
    let stream = unfold(cursor, async |mut cursor| {
        let event = cursor.next().await?;
        Some((Ok(event), cursor))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// The number in an id of this observer; none of another one's.
fn number(origin: &str, id: &str) -> Option<u64> {
    id.strip_prefix(origin)?.strip_prefix('-')?.parse().ok()
}

/// How far a client has come.
struct Cursor {
    ring: Arc<Ring>,
    changes: watch::Receiver<u64>,
    /// Changes when the server stops.
    closed: watch::Receiver<u64>,
    seen: u64,
    waiting: VecDeque<(u64, Arc<EventRecord>)>,
    prefixes: Vec<String>,
    origin: String,
    _place: OwnedSemaphorePermit,
}

impl Cursor {
    /// The next event; `None` once the server stops.
    async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((number, event)) = self.waiting.pop_front() {
                self.seen = number;
                if self.prefixes.iter().any(|it| event.name.starts_with(it)) {
                    return Some(self.event(number, &event));
                }
            }
            // Looked at before the ring: what comes after that is a change.
            self.changes.borrow_and_update();
            let after = self.ring.after(self.seen);
            self.waiting = after.events;
            if after.missed > 0 {
                self.seen += after.missed;
                return Some(self.lagged(after.missed));
            }
            if self.waiting.is_empty() {
                tokio::select! {
                    biased;
                    _ = self.closed.changed() => return None,
                    changed = self.changes.changed() => changed.ok()?,
                }
            }
        }
    }

    fn event(&self, number: u64, event: &EventRecord) -> Event {
        let sent = Event::default().id(format!("{}-{number}", self.origin));
        match sent.json_data(event) {
            Ok(sent) => sent,
            Err(error) => Event::default().comment(format!("no JSON: {error}").replace('\n', " ")),
        }
    }

    fn lagged(&self, missed: u64) -> Event {
        let id = format!("{}-{}", self.origin, self.seen);
        let data = format!("{{\"missed\":{missed}}}");
        Event::default().id(id).event("lagged").data(data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_an_earlier_process_means_the_beginning() {
        assert_eq!(number("1a", "1a-7"), Some(7));
        for other in ["1b-7", "1a7", "7", "1a-", "", "1a--7"] {
            assert_eq!(number("1a", other), None, "{other}");
        }
    }
}
