//! The hand that records: one incarnation's.

use crate::rt::Arc;
use crate::service::Service;
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

/// A handler that runs. Dropped without an end, its incarnation was killed.
pub(crate) struct Running<'a> {
    meter: &'a Meter,
    handler: usize,
    ending: Ending,
    stamp: Stamp,
    began: u64,
}

impl Meter {
    /// The one of an incarnation that occupies `slot`.
    pub(crate) fn enter<S: Service>(slot: &Arc<Slot>) -> Self {
        clock::prepare();
        let book = &slot.spec().namespace.space().book;
        let service = book.record(S::NAME, S::ID, S::HANDLERS);
        let tally = slot.with_control(|control| {
            control.sampler.begin();
            control.tally.clone()
        });
        tally.record.prepare(S::HANDLERS.len());
        service.add(&tally, slot);
        Self { tally, service }
    }

    /// The incarnation has started.
    pub(crate) fn start(&self) {
        self.tally.record.start();
    }

    /// A handler begins with a message: the one with this index in the service's list, or one that is not there.
    #[inline]
    pub(crate) fn begin(&self, handler: usize, stamp: Stamp) -> Running<'_> {
        self.tally.record.begin();
        Running {
            meter: self,
            handler: handler.min(self.service.handlers.len()),
            ending: Ending::Killed,
            stamp,
            began: if stamp.is_set() { clock::ticks() } else { 0 },
        }
    }
}

impl Running<'_> {
    /// The handler ended: it panicked, returned an error, or neither.
    #[inline]
    pub(crate) fn end<T, E>(mut self, result: &Result<T, E>, failed: Failed) {
        self.ending = match (result, failed) {
            (Err(_), _) => Ending::Panicked,
            (Ok(_), Failed::Yes) => Ending::Failed,
            (Ok(_), Failed::No) => Ending::Succeeded,
        };
    }

    #[cold]
    fn measure(&self) {
        let (queued, ended) = (self.stamp.ticks(), clock::ticks());
        if let Some(times) = self.meter.service.times(self.handler) {
            let waited = clock::nanoseconds(queued, self.began);
            let ran = clock::nanoseconds(self.began, ended);
            times.record((waited, ran), self.ending, self.stamp.weight());
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.stamp.is_set() {
            self.measure();
        }
        self.meter.tally.record.end(self.handler, self.ending);
    }
}
