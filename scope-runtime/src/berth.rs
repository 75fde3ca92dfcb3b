//! A place that a message is moved into and out of.

use std::any::Any;
use std::mem;

use crate::luggage::{self, Luggage};
use crate::message::{HandlerMeta, Message};
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
    pub(crate) fn get_mut(&mut self) -> Option<&mut M> {
        match self {
            Self::Empty => None,
            Self::Holds(message) => Some(message),
        }
    }

    #[inline]
    pub(crate) fn take(&mut self) -> Option<M> {
        match mem::take(self) {
            Self::Empty => None,
            Self::Holds(message) => Some(message),
        }
    }
}

/// Where a sender has its message until it is sent, and gets it back: a [`Berth`] of messages of whatever type.
pub(crate) trait Outbox: Any + Send {
    /// Which handler the message is for.
    fn handler(&mut self) -> Option<HandlerMeta>;

    /// Tells the caller of the message that nobody will handle it, and drops it.
    fn refuse(&mut self, luggage: Luggage, failure: &Failure);
}

impl<M: Message> Outbox for Berth<M> {
    fn handler(&mut self) -> Option<HandlerMeta> {
        Some(self.get_mut()?.route().handler)
    }

    fn refuse(&mut self, luggage: Luggage, failure: &Failure) {
        if let Some(message) = self.take() {
            luggage::refuse(message, luggage, failure);
        }
    }
}
