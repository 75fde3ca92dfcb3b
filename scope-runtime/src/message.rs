//! What the runtime knows of a service's messages.

use crate::reply::Caller;

/// The messages of a service: an enum with one variant per handler.
///
/// `#[handlers]` writes it; by hand it is one line per handler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the message type of a service; `#[handlers]` makes one, or implement `Message`",
    label = "no route to a handler"
)]
pub trait Message: Send + 'static {
    /// Which handler this message is for, and the caller who waits for its answer.
    fn route(&mut self) -> Route<'_>;
}

/// What may travel in a message: an argument or a reply that owns its data and can change threads.
///
/// Every type that is `Send` and borrows nothing implements it. The expansion of `#[handlers]` asks
/// for it by this name, so that a type which is not is reported where the handler names it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Send`, so it can't travel in a message; use a type that is, such as an `Arc` instead of an `Rc`",
    label = "not `Send`, or it borrows"
)]
pub trait MessageData: Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> MessageData for T {}

/// Where a message goes, see [`Message::route`].
#[derive(Debug)]
pub struct Route<'a> {
    pub(crate) handler: HandlerMeta,
    pub(crate) caller: Option<&'a mut dyn Caller>,
}

impl<'a> Route<'a> {
    /// To the `#[call]` handler of this name, whose caller waits for `reply`.
    pub fn call(name: &'static str, reply: &'a mut dyn Caller) -> Self {
        Self {
            handler: HandlerMeta::call(name),
            caller: Some(reply),
        }
    }

    /// To the `#[cast]` handler of this name.
    pub fn cast(name: &'static str) -> Self {
        Self::without_caller(HandlerMeta::cast(name))
    }

    /// To the `#[info]` handler of this name.
    pub fn info(name: &'static str) -> Self {
        Self::without_caller(HandlerMeta::info(name))
    }

    /// To the `#[every]` handler of this name.
    pub fn every(name: &'static str) -> Self {
        Self::without_caller(HandlerMeta::every(name))
    }

    fn without_caller(handler: HandlerMeta) -> Self {
        Self {
            handler,
            caller: None,
        }
    }
}

/// What is known of a handler at compile time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandlerMeta {
    /// Its name, as the user wrote it.
    pub name: &'static str,
    /// What it answers to.
    pub kind: HandlerKind,
}

/// What a handler answers to.
// As wide as what it is copied with: a copy would wait for a byte that was just written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
#[non_exhaustive]
pub enum HandlerKind {
    /// A request with a reply.
    Call,
    /// A message without a reply.
    Cast,
    /// Any other typed message.
    Info,
    /// A timer.
    Every,
    /// A health check, which comes on the system lane.
    Health,
}

impl HandlerMeta {
    /// A `#[call]` handler.
    pub const fn call(name: &'static str) -> Self {
        Self {
            name,
            kind: HandlerKind::Call,
        }
    }

    /// A `#[cast]` handler.
    pub const fn cast(name: &'static str) -> Self {
        Self {
            name,
            kind: HandlerKind::Cast,
        }
    }

    /// An `#[info]` handler.
    pub const fn info(name: &'static str) -> Self {
        Self {
            name,
            kind: HandlerKind::Info,
        }
    }

    /// A `#[health]` method.
    pub const fn health(name: &'static str) -> Self {
        Self {
            name,
            kind: HandlerKind::Health,
        }
    }

    /// An `#[every]` handler.
    pub const fn every(name: &'static str) -> Self {
        Self {
            name,
            kind: HandlerKind::Every,
        }
    }
}
