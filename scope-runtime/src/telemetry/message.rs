//! A message that is handled while somebody looks: events before and after, and a span around it.

use crate::exit::ExitReason;
use crate::message::HandlerMeta;
use crate::process::Process;
use crate::rt::{Arc, Instant};
use crate::slot::Slot;

use super::bus::{execute, hears_messages};
use super::event::{Event, Metadata};
use super::names;
use super::spans::{self, Origin};

/// A message that is being handled. Dropped before its [end](Self::end), its handler was killed.
pub(crate) struct Observed {
    slot: Arc<Slot>,
    incarnation: u64,
    handler: HandlerMeta,
    span: Option<Origin>,
    /// Set if its begin was told: then its end is, too.
    begun: Option<Instant>,
    ended: bool,
}

/// True if somebody looks at messages.
#[inline]
pub(crate) fn is_observed() -> bool {
    hears_messages() || spans::is_on()
}

impl Observed {
    /// Begins to observe a message that is about to be taken. May panic in a subscriber.
    #[cold]
    pub(crate) fn begin(
        process: &Process,
        slot: &Arc<Slot>,
        handler: HandlerMeta,
        origin: Option<&Origin>,
    ) -> Self {
        let span = spans::handle(process, slot, handler, origin);
        let begun = hears_messages().then(Instant::now);
        let observed = Self {
            slot: slot.clone(),
            incarnation: process.id(),
            handler,
            span,
            begun,
            ended: false,
        };
        if begun.is_some() {
            observed.tell(Event::new(names::MESSAGE_START));
        }
        observed
    }

    /// The span that the handler runs in.
    pub(crate) fn span(&self) -> Option<&Origin> {
        self.span.as_ref()
    }

    /// The handler has returned, or panicked for this reason.
    #[cold]
    pub(crate) fn end(&mut self, panic: Option<&ExitReason>, failed: Failed) {
        self.finish(panic, failed);
    }

    fn finish(&mut self, crash: Option<&ExitReason>, failed: Failed) {
        self.ended = true;
        let (name, result) = match (crash, failed) {
            (None, Failed::No) => (names::MESSAGE_STOP, Ok(())),
            (None, Failed::Yes) => (names::MESSAGE_STOP, Err("_OTHER")),
            (Some(reason), _) if reason.is_panic() => (names::MESSAGE_EXCEPTION, Err("panic")),
            (Some(_), _) => (names::MESSAGE_EXCEPTION, Err("exited")),
        };
        if let Some(span) = &self.span {
            span.record(result);
        }
        if let Some(begun) = self.begun {
            let mut event = Event::new(name).with_duration(begun.elapsed());
            event.metadata.result = Some(result);
            event.metadata.reason = crash;
            self.tell(event);
        }
    }

    /// Executes an event about this message.
    fn tell<'a>(&'a self, mut event: Event<'a>) {
        event.measurements.queue_length = Some(self.slot.queue.length());
        event.metadata = Metadata {
            incarnation: Some(self.incarnation),
            handler: Some(self.handler),
            result: event.metadata.result,
            reason: event.metadata.reason,
            ..Metadata::of(self.slot.spec())
        };
        execute(&event);
    }
}

/// Whether the handler returned an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    No,
    Yes,
}

impl Drop for Observed {
    fn drop(&mut self) {
        if !self.ended {
            self.finish(Some(&ExitReason::Killed), Failed::No);
        }
    }
}
