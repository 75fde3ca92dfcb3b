//! The bus: who is attached to which events.
//!
//! # Protocol
//! The list of those attached is replaced as a whole, and an event goes to the list that was there
//! when it came: handlers run outside of every lock. `INTEREST` says which kinds of events anybody
//! listens to, so that what nobody hears costs one relaxed load. It is written under the list's
//! lock; who reads an old value misses the first events, or builds one for nobody.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
// Not the explorer's: no schedule depends on who listens.
use std::sync::{Arc, PoisonError, RwLock};

use crate::exit::{contain, contain_drop};
use crate::rt::Numbers;

use super::event::Event;
use super::names;
use super::one_line::OneLine;

/// Somebody is attached.
const ANY: u8 = 1;
/// Somebody is attached to an event of each message.
const MESSAGES: u8 = 2;

static INTEREST: AtomicU8 = AtomicU8::new(0);
static ATTACHED: RwLock<Vec<Arc<Attachment>>> = RwLock::new(Vec::new());

std::thread_local! {
    /// The handlers that run on this thread, the innermost last.
    static RUNNING: RefCell<Vec<AttachmentId>> = const { RefCell::new(Vec::new()) };
}

struct Attachment {
    id: AttachmentId,
    prefix: Box<str>,
    handler: Box<dyn Fn(&Event<'_>) + Send + Sync>,
}

/// Names one attached handler, see [`detach`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttachmentId(u64);

/// An attached handler, detached when this is dropped.
#[must_use = "the handler is detached when this is dropped; `keep` it to detach it by its id"]
#[derive(Debug)]
pub struct Attached {
    id: AttachmentId,
    kept: bool,
}

/// Calls `handler` with each event whose name is `prefix`, or begins with it and a dot; with every
/// event, if the prefix is empty.
///
/// It runs where the event happened, before that goes on: in a service's task, for a message. So it
/// is quick, and hands over to a channel or a counter what takes longer. A handler that panics is
/// detached, and that is logged as an error; nobody else is harmed. Events that it causes itself,
/// on its thread, go to the other handlers and not to it.
///
/// # Examples
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use scope_runtime::telemetry::{self, Event};
///
/// static ORDERS: AtomicUsize = AtomicUsize::new(0);
///
/// let attached = telemetry::attach("shop.order", |_| {
///     ORDERS.fetch_add(1, Ordering::Relaxed);
/// });
/// telemetry::execute(&Event::new("shop.order.placed"));
/// telemetry::execute(&Event::new("shop.orders"));
/// drop(attached);
/// telemetry::execute(&Event::new("shop.order.placed"));
/// assert_eq!(ORDERS.load(Ordering::Relaxed), 1);
/// ```
///
/// # OTP
/// `telemetry:attach/4`.
pub fn attach(
    prefix: impl Into<Box<str>>,
    handler: impl Fn(&Event<'_>) + Send + Sync + 'static,
) -> Attached {
    static NEXT: Numbers = Numbers::new();
    let id = AttachmentId(NEXT.next());
    let attachment = Arc::new(Attachment {
        id,
        prefix: prefix.into(),
        handler: Box::new(handler),
    });
    change(|attached| attached.push(attachment));
    Attached { id, kept: false }
}

/// Detaches a handler; false if it was not attached any more. Another thread may be running it.
pub fn detach(id: AttachmentId) -> bool {
    let gone = change(|attached| {
        let place = attached.iter().position(|it| it.id == id);
        place.map(|place| attached.remove(place))
    });
    let found = gone.is_some();
    gone.into_iter().for_each(release);
    found
}

fn release(attachment: Arc<Attachment>) {
    if let Err(panic) = contain_drop(attachment) {
        let panic = OneLine(&panic);
        tracing::error!(target: "scope", "a destructor in a telemetry handler ended in {panic}");
    }
}

/// Gives an event to every handler that is attached to a prefix of its name. Where nobody is
/// attached to anything it costs one load.
///
/// # OTP
/// `telemetry:execute/3`.
#[inline]
pub fn execute(event: &Event<'_>) {
    if hears() {
        deliver(event);
    }
}

/// True if anybody is attached to anything.
#[inline]
pub(crate) fn hears() -> bool {
    INTEREST.load(Ordering::Relaxed) != 0
}

/// True if anybody is attached to an event of each message.
#[inline]
pub(super) fn hears_messages() -> bool {
    INTEREST.load(Ordering::Relaxed) & MESSAGES != 0
}

#[cold]
fn deliver(event: &Event<'_>) {
    let heard = |attachment: &&Arc<Attachment>| attachment.hears(event.name);
    let listeners: Vec<_> = {
        let attached = ATTACHED.read().unwrap_or_else(PoisonError::into_inner);
        attached.iter().filter(heard).cloned().collect()
    };
    for attachment in listeners {
        attachment.run(event);
        // Detached meanwhile, this is its last reference.
        release(attachment);
    }
}

impl Attachment {
    fn hears(&self, name: &str) -> bool {
        let rest = name.strip_prefix(&*self.prefix);
        self.prefix.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    fn run(&self, event: &Event<'_>) {
        let id = self.id;
        let begun = RUNNING.try_with(|running| {
            let mut running = running.borrow_mut();
            let inside = running.contains(&id);
            if !inside {
                running.push(id);
            }
            !inside
        });
        // A thread that ends tells nobody.
        if begun != Ok(true) {
            return;
        }
        let handled = contain(|| (self.handler)(event));
        let ended = RUNNING.try_with(|running| running.borrow_mut().pop());
        debug_assert_eq!(ended.ok().flatten(), Some(id), "handlers end inside out");
        if let Err(panic) = handled
            && detach(id)
        {
            let (prefix, event, panic) = (&*self.prefix, event.name, OneLine(&panic));
            tracing::error!(
                target: "scope", prefix, event,
                "detached a telemetry handler after {panic}"
            );
        }
    }
}

/// Changes who is attached. Nothing of the user's is dropped under the lock: `change` gives it out.
fn change<R>(change: impl FnOnce(&mut Vec<Arc<Attachment>>) -> R) -> R {
    let mut attached = ATTACHED.write().unwrap_or_else(PoisonError::into_inner);
    let result = change(&mut attached);
    let mut interest = 0;
    for attachment in attached.iter() {
        interest |= ANY;
        if names::MESSAGES.iter().any(|name| attachment.hears(name)) {
            interest |= MESSAGES;
        }
    }
    INTEREST.store(interest, Ordering::Relaxed);
    result
}

impl Attached {
    /// What it is detached by.
    pub fn id(&self) -> AttachmentId {
        self.id
    }

    /// Leaves the handler attached until [`detach`] is called with this id, or for ever.
    pub fn keep(mut self) -> AttachmentId {
        self.kept = true;
        self.id
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        if !self.kept {
            detach(self.id);
        }
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment({:?})", self.prefix)
    }
}
