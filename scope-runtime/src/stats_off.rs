//! Without the feature `stats`, what would record them: nothing, of no size.

use crate::rt::Arc;
use crate::service::Service;
use crate::slot::Slot;
use crate::telemetry::Failed;

#[derive(Default)]
pub(crate) struct Record;

impl Record {
    pub(crate) fn rise(&self, _: usize) {}
    pub(crate) fn leave(&self, _passivated: bool) {}
    pub(crate) fn give_up(&self) {}
}

#[derive(Default)]
pub(crate) struct Sampler;

#[derive(Clone, Copy, Default)]
pub(crate) struct Stamp;

impl Sampler {
    pub(crate) fn stamp(&mut self) -> Stamp {
        Stamp
    }
}

#[derive(Default)]
pub(crate) struct Book {
    pub(crate) lookups: Lookups,
}

#[derive(Default)]
pub(crate) struct Lookups;

impl Lookups {
    pub(crate) fn count<T>(&self, look_up: impl FnOnce() -> Option<T>) -> Option<T> {
        look_up()
    }
}

pub(crate) struct Meter;

impl Meter {
    pub(crate) fn enter<S: Service>(_: &Arc<Slot>) -> Self {
        Self
    }

    pub(crate) fn start(&self) {}

    pub(crate) fn begin(&self, _: usize, _: Stamp) -> Running {
        Running
    }
}

pub(crate) struct Running;

impl Running {
    pub(crate) fn end<T, E>(self, _: &Result<T, E>, _: Failed) {}
}

/// When somebody looked at the clock; without a cheaper one there is nothing to be saved.
pub(crate) struct Moment;

impl Moment {
    pub(crate) fn now() -> Self {
        Self
    }

    pub(crate) fn is_recent(&self) -> bool {
        false
    }
}
