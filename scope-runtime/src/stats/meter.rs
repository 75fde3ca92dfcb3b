//! The hand that records: one incarnation's.

use crate::blueprint::Blueprint;
use crate::rt::Arc;
use crate::slot::Slot;
use crate::stats::clock;
use crate::stats::record::Ending;
use crate::stats::sampler::Stamp;
use crate::stats::service::ServiceRecord;
use crate::tally::Tally;
use crate::telemetry::Failed;

/// Records what an incarnation does.
pub(crate) struct Meter {
    tally: Arc<Tally>,
    service: Arc<ServiceRecord>,
}

/// A handler that runs.
#[derive(Clone, Copy, Default)]
pub(crate) struct Begun {
    handler: usize,
    stamp: Stamp,
    began: u64,
}

impl Meter {
    /// The one of an incarnation that occupies `slot`.
    pub(crate) fn enter(slot: &Arc<Slot>, service: &Blueprint) -> Self {
        clock::prepare();
        let book = &slot.spec().namespace.space().book;
        let handlers = service.handlers;
        let service = book.record(service.name, service.id, handlers);
        let tally = slot.queue.tally.clone();
        if let Some(place) = service.add(&tally, slot) {
            slot.with_control(|control| control.sampler.begin(place));
        }
        Self { tally, service }
    }

    /// The incarnation has started.
    pub(crate) fn start(&self) {
        self.tally.record.start();
    }

    /// A handler begins with a message: the one with this index in the service's list, or one that is not there.
    #[inline]
    pub(crate) fn begin(&self, handler: usize, stamp: Stamp) -> Begun {
        self.tally.record.begin();
        Begun {
            handler: handler.min(self.service.handlers.len()),
            stamp,
            began: if stamp.is_set() { clock::ticks() } else { 0 },
        }
    }

    /// The handler ended: it panicked, returned an error, or neither.
    #[inline]
    pub(crate) fn end(&self, begun: &Begun, panicked: bool, failed: Failed) {
        let ending = match (panicked, failed) {
            (true, _) => Ending::Panicked,
            (false, Failed::Yes) => Ending::Failed,
            (false, Failed::No) => Ending::Succeeded,
        };
        self.record(begun, ending);
    }

    /// The handler was killed.
    pub(crate) fn kill(&self, begun: &Begun) {
        self.record(begun, Ending::Killed);
    }

    #[inline]
    fn record(&self, begun: &Begun, ending: Ending) {
        if begun.stamp.is_set() {
            self.measure(begun, ending);
        }
        let listed = self.service.handlers.len();
        self.tally.record.end(begun.handler, listed, ending);
    }

    #[cold]
    fn measure(&self, begun: &Begun, ending: Ending) {
        let Begun {
            handler,
            stamp,
            began,
        } = *begun;
        let (queued, ended) = (stamp.ticks(), clock::ticks());
        if let Some(times) = self.service.times(handler) {
            let waited = clock::nanoseconds(queued, began);
            let ran = clock::nanoseconds(began, ended);
            times.record((waited, ran), ending, stamp.weight());
        }
    }
}
