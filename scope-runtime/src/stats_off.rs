//! Without the feature `stats`, what would record them: nothing, of no size.
#![expect(clippy::unused_self, reason = "the same as with the feature")]
#![expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "as what they stand for, which is larger"
)]

use std::time::Duration;

use crate::blueprint::Blueprint;
use crate::rt::{Arc, Instant};
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
    pub(crate) fn enter(_: &Arc<Slot>, _: &Blueprint) -> Self {
        Self
    }

    pub(crate) fn start(&self) {}

    pub(crate) fn begin(&self, _: usize, _: Stamp) -> Begun {
        Begun
    }

    pub(crate) fn end(&self, _: &Begun, _panicked: bool, _: Failed) {}

    pub(crate) fn kill(&self, _: &Begun) {}
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Begun;

/// A look at the clock; there is no cheaper one.
#[derive(Clone, Copy)]
pub(crate) struct Moment(Instant);

impl Moment {
    pub(crate) fn now() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}
