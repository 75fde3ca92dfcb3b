//! A place that a message is moved into and out of.

use std::any::Any;
use std::mem;

use crate::exit::contain;
use crate::luggage::Luggage;
use crate::message::{HandlerMeta, Message, Route};
use crate::reply::Failure;

/// An `Option` with a tag of its own. An `Option` that hides its `None` in the message is emptied by a write of the
/// whole message, in other widths than the `None` was just written in, for which the processor waits: this took
/// a tenth off a cast.
#[derive(Debug, Default)]
#[repr(usize)]
pub(crate) enum Berth<M> {
    #[default]
    Empty,
    Holds(M),
}

impl<M> Berth<M> {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    #[inline]
    pub(crate) fn take(&mut self) -> Option<M> {
        match mem::take(self) {
            Self::Empty => None,
            Self::Holds(message) => Some(message),
        }
    }
}

/// Where a sender has its message until it is sent, and gets it back, or where that lies in a queue: a [`Berth`] of
/// messages of whatever type.
pub(crate) trait Outbox: Any + Send {
    /// Where its message goes.
    fn route(&mut self) -> Option<Route<'_>>;

    /// Changes places with another one for the same messages.
    fn exchange(&mut self, other: &mut dyn Outbox);

    /// Drops the message.
    fn empty(&mut self);
}

impl<M: Message> Outbox for Berth<M> {
    fn route(&mut self) -> Option<Route<'_>> {
        match self {
            Self::Empty => None,
            Self::Holds(message) => Some(message.route()),
        }
    }

    fn exchange(&mut self, other: &mut dyn Outbox) {
        let other: &mut dyn Any = other;
        if let Some(other) = other.downcast_mut() {
            mem::swap(self, other);
        }
    }

    fn empty(&mut self) {
        *self = Self::Empty;
    }
}

impl dyn Outbox {
    /// Which handler the message is for.
    pub(crate) fn handler(&mut self) -> Option<HandlerMeta> {
        self.route().map(|route| route.handler)
    }

    /// Tells the caller of the message that nobody will handle it.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        if let Some(caller) = self.route().and_then(|route| route.caller) {
            caller.fail(failure.clone());
        }
    }

    /// The same, and drops the message with what travels with it.
    pub(crate) fn refuse(&mut self, luggage: Luggage, failure: &Failure) {
        self.fail(failure);
        let emptied = contain(|| {
            self.empty();
            drop(luggage);
        });
        if let Err(panic) = emptied {
            tracing::error!(target: "scope", %panic, "a destructor panicked in an undelivered message");
        }
    }
}
