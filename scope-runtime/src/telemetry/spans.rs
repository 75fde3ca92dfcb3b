//! Spans: who caused what, across mailboxes.
//!
//! # Protocol
//! A message carries the span that caused it (its *origin*): `scope.call` or `scope.cast` if it was
//! sent through a handle, the sender's current span otherwise. Its handler's span is a child of that,
//! and entered around each poll of the handler.
//!
//! A span belongs to one subscriber, and this thread's may be another one: `tracing-subscriber`
//! panics if a span is made below, or dropped with, a parent that its thread's default subscriber
//! does not know. So whatever is done with a span here is done with its own as the default.
//!
//! All of it is at level debug with the target `scope`. Where no subscriber wants that level, it
//! costs one relaxed load and a null pointer per message, and nothing is allocated. No span is made,
//! entered or dropped under a lock of ours: subscribers are foreign code.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;

use tracing::dispatcher::DefaultGuard;
use tracing::field::Empty;
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing::{Dispatch, Level, Span, debug_span, dispatcher, span};

use crate::message::{HandlerKind, HandlerMeta};
use crate::process::Process;
use crate::rt::Arc;
use crate::slot::{Slot, SlotSpec};

/// A span, shared by those who may outlive each other: the sender and the message. A pointer, to be
/// small where there is none.
pub(crate) type Origin = Arc<Traced>;

/// A span and the subscriber that it belongs to.
pub(crate) struct Traced {
    span: Span,
    subscriber: Dispatch,
    /// How many messages led to it, one from the handler of the other.
    depth: u32,
}

/// A span lives as long as those below it. A service that goes on by sending itself messages would never see the end
/// of the first: after so many spans, the next one begins a trace that *follows from* the last.
const DEEPEST: u32 = 128;

// Not the explorer's: it changes nothing but spans.
std::thread_local! {
    /// The depth of the span that was entered here.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

impl Traced {
    /// Nothing, if the span is disabled.
    fn new(span: Span, depth: u32) -> Option<Origin> {
        let subscriber = span.with_subscriber(|(_, subscriber)| subscriber.clone())?;
        Some(Arc::new(Self {
            span,
            subscriber,
            depth,
        }))
    }

    /// A span below the one that was entered here.
    fn below(span: Span) -> Option<Origin> {
        Self::new(span, DEPTH.get() + 1)
    }

    fn enter(&self) -> Entered<'_> {
        let depth = Depth(DEPTH.replace(self.depth));
        let subscriber = dispatcher::set_default(&self.subscriber);
        Entered {
            _span: self.span.enter(),
            _subscriber: subscriber,
            _depth: depth,
        }
    }

    /// Records how it went; an error's type is one of few.
    #[cold]
    pub(crate) fn record(&self, result: Result<(), &str>) {
        match result {
            Ok(()) => {
                self.span.record("otel.status_code", "OK");
            }
            Err(error) => {
                self.span.record("otel.status_code", "ERROR");
                self.span.record("error.type", error);
            }
        }
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        let span = mem::replace(&mut self.span, Span::none());
        dispatcher::with_default(&self.subscriber, || drop(span));
    }
}

/// A span that was entered, until this is dropped. The fields are dropped in this order.
pub(crate) struct Entered<'a> {
    _span: span::Entered<'a>,
    _subscriber: DefaultGuard,
    _depth: Depth,
}

/// The depth that there was before.
struct Depth(u32);

impl Drop for Depth {
    fn drop(&mut self) {
        DEPTH.set(self.0);
    }
}

/// Enters a span, if there is one. A guard, not a function around a body, which would be compiled for each body.
#[inline]
pub(crate) fn enter(span: Option<&Origin>) -> Option<Entered<'_>> {
    span.map(|span| span.enter())
}

/// Polls a future in a span, if there is one.
pub(crate) async fn within<T>(span: Option<Origin>, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let _entered = enter(span.as_ref());
        future.as_mut().poll(cx)
    })
    .await
}

/// True if some subscriber may want our spans.
#[inline]
pub(crate) fn is_on() -> bool {
    Level::DEBUG <= STATIC_MAX_LEVEL && LevelFilter::current() >= LevelFilter::DEBUG
}

/// The span that the caller is in, for a message that it sends without a span of its own.
#[inline]
pub(crate) fn origin() -> Option<Origin> {
    if is_on() { current() } else { None }
}

/// The span that the caller is in, whatever its level: a task goes on in it.
pub(crate) fn current() -> Option<Origin> {
    Traced::new(Span::current(), DEPTH.get())
}

/// A span about one handler of a service; what is only known later is empty.
macro_rules! handler_span {
    ($name:literal in [$($parent:tt)*], $kind:expr, $operation:expr, $spec:expr, $handler:expr $(, $($more:tt)+)?) => {
        debug_span!(
            target: "scope",
            $($parent)*
            $name,
            otel.name = %format_args!("{}/{}", $spec.service.name, $handler),
            otel.kind = $kind,
            otel.status_code = Empty,
            "error.type" = Empty,
            rpc.system.name = "scope",
            rpc.method = $handler,
            messaging.operation.r#type = $operation,
            scope.service = $spec.service.name,
            scope.namespace = %$spec.namespace,
            $($($more)+)?
        )
    };
}

/// The span of a call, from when it is sent to its answer.
#[cold]
pub(crate) fn call(spec: &SlotSpec, handler: HandlerMeta) -> Option<Origin> {
    let none: Option<&str> = None;
    Traced::below(handler_span!("scope.call" in [], "client", none, spec, handler.name))
}

/// The span of a message that nobody waits for, from when it is sent until it is handled.
#[cold]
pub(crate) fn cast(spec: &SlotSpec, handler: HandlerMeta) -> Option<Origin> {
    Traced::below(handler_span!("scope.cast" in [], "producer", "send", spec, handler.name))
}

/// The span of a handler that runs for a message.
pub(super) fn handle(
    process: &Process,
    slot: &Slot,
    handler: HandlerMeta,
    origin: Option<&Origin>,
) -> Option<Origin> {
    let above = origin.filter(|origin| origin.depth < DEEPEST);
    let make = || {
        let (spec, name) = (slot.spec(), handler.name);
        let parent = above.and_then(|origin| origin.span.id());
        let none: Option<&str> = None;
        let (kind, operation) = match handler.kind {
            HandlerKind::Call => ("server", none),
            HandlerKind::Health => ("internal", none),
            HandlerKind::Cast | HandlerKind::Info | HandlerKind::Every => {
                ("consumer", Some("process"))
            }
        };
        match handler.kind {
            HandlerKind::Call | HandlerKind::Cast => handler_span!(
                "scope.handle" in [parent: parent,], kind, operation, spec, name,
                scope.actor.id = &**process.path(), scope.incarnation = process.id(),
                scope.mailbox.depth = slot.queue.length()
            ),
            HandlerKind::Health => handler_span!(
                "scope.health_check" in [parent: parent,], kind, operation, spec, name,
                scope.actor.id = &**process.path(), scope.incarnation = process.id(),
                scope.mailbox.depth = slot.queue.length()
            ),
            HandlerKind::Info | HandlerKind::Every => handler_span!(
                "scope.info" in [parent: parent,], kind, operation, spec, name,
                scope.actor.id = &**process.path(), scope.incarnation = process.id(),
                scope.mailbox.depth = slot.queue.length()
            ),
        }
    };
    let span = match origin {
        Some(origin) => dispatcher::with_default(&origin.subscriber, || {
            let span = make();
            if above.is_none() {
                span.follows_from(origin.span.id());
            }
            span
        }),
        None => make(),
    };
    Traced::new(span, above.map_or(1, |origin| origin.depth + 1))
}

/// The span of a service's `init` or `terminate`.
macro_rules! life_span {
    ($name:literal, $function:literal, $process:expr, $slot:expr) => {{
        let (process, spec) = ($process, $slot.spec());
        Traced::below(debug_span!(
            target: "scope",
            parent: None,
            $name,
            otel.name = %format_args!("{}/{}", spec.service.name, $function),
            otel.kind = "internal",
            scope.service = spec.service.name,
            scope.namespace = %spec.namespace,
            scope.actor.id = &**process.path(),
            scope.incarnation = process.id(),
        ))
    }};
}

pub(crate) fn init(process: &Process, slot: &Slot) -> Option<Origin> {
    life_span!("scope.init", "init", process, slot)
}

pub(crate) fn terminate(process: &Process, slot: &Slot) -> Option<Origin> {
    life_span!("scope.terminate", "terminate", process, slot)
}

/// The span of a restart: the stops and the starts that belong to it.
pub(crate) fn restart(supervisor: &Process, child: &str, count: u32) -> Option<Origin> {
    Traced::below(debug_span!(
        target: "scope",
        parent: None,
        "scope.restart",
        otel.name = %format_args!("restart {child}"),
        otel.kind = "internal",
        scope.supervisor = &**supervisor.path(),
        scope.namespace = %supervisor.namespace(),
        scope.actor.id = child,
        scope.restart.count = count,
    ))
}
