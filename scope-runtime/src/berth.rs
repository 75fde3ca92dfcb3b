//! A place that a message is moved into and out of.

use std::mem;

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
