//! Spans: who caused what, across mailboxes.
//!
//! # Protocol
//! A message carries the span that caused it (its *origin*): `scope.call` or `scope.cast` if it was
//! sent through a handle, the sender's current span otherwise. Its handler's span is made as a child
//! of that, by the subscriber that the origin belongs to, and entered around each poll of the handler.
//!
//! All of it is at level debug with the target `scope`. Where no subscriber wants that level, it
//! costs one relaxed load and a null pointer per message, and nothing is allocated. No span is made,
//! entered or dropped under a lock of ours: subscribers are foreign code.

use tracing::field::Empty;
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing::{Level, Span, debug_span, dispatcher};

use crate::message::{HandlerKind, HandlerMeta};
use crate::process::Process;
use crate::rt::Arc;
use crate::slot::{Slot, SlotSpec};

/// The span that caused a message. Shared by the sender and the message, which may outlive each
/// other; a pointer, to be small where there is none.
pub(crate) type Origin = Arc<Span>;

/// True if some subscriber may want our spans.
#[inline]
pub(crate) fn is_on() -> bool {
    Level::DEBUG <= STATIC_MAX_LEVEL && LevelFilter::current() >= LevelFilter::DEBUG
}

/// The span that the caller is in, for what it causes without a span of its own.
#[inline]
pub(crate) fn current() -> Option<Origin> {
    if is_on() {
        shared(Span::current())
    } else {
        None
    }
}

fn shared(span: Span) -> Option<Origin> {
    if span.is_none() {
        None
    } else {
        Some(Arc::new(span))
    }
}

/// A span about one handler of a service; what is only known later is empty.
macro_rules! handler_span {
    ($name:literal in [$($parent:tt)*], $kind:expr, $operation:expr, $spec:expr, $handler:expr $(, $($more:tt)+)?) => {
        debug_span!(
            target: "scope",
            $($parent)*
            $name,
            otel.name = %format_args!("{}/{}", $spec.service, $handler),
            otel.kind = $kind,
            otel.status_code = Empty,
            "error.type" = Empty,
            rpc.system.name = "scope",
            rpc.method = $handler,
            messaging.operation.r#type = $operation,
            scope.service = $spec.service,
            scope.namespace = %$spec.namespace,
            $($($more)+)?
        )
    };
}

/// The span of a call, from when it is sent to its answer.
#[cold]
pub(crate) fn call(spec: &SlotSpec, handler: HandlerMeta) -> Option<Origin> {
    let none: Option<&str> = None;
    shared(handler_span!("scope.call" in [], "client", none, spec, handler.name))
}

/// The span of a message that nobody waits for, from when it is sent until it is handled.
#[cold]
pub(crate) fn cast(spec: &SlotSpec, handler: HandlerMeta) -> Option<Origin> {
    shared(handler_span!("scope.cast" in [], "producer", "send", spec, handler.name))
}

/// The span of a handler that runs for a message.
pub(super) fn handle(
    process: &Process,
    slot: &Slot,
    handler: HandlerMeta,
    origin: Option<&Origin>,
) -> Span {
    let make = || {
        let (spec, name) = (slot.spec(), handler.name);
        let parent = origin.and_then(|origin| origin.id());
        let none: Option<&str> = None;
        let (kind, operation) = match handler.kind {
            HandlerKind::Call => ("server", none),
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
            HandlerKind::Info | HandlerKind::Every => handler_span!(
                "scope.info" in [parent: parent,], kind, operation, spec, name,
                scope.actor.id = &**process.path(), scope.incarnation = process.id(),
                scope.mailbox.depth = slot.queue.length()
            ),
        }
    };
    // Its id means something to its own subscriber only, and this thread may have another one.
    let made = origin.and_then(|origin| {
        origin.with_subscriber(|(_, dispatch)| dispatcher::with_default(dispatch, make))
    });
    made.unwrap_or_else(make)
}

/// The span of a service's `init` or `terminate`.
macro_rules! life_span {
    ($name:literal, $function:literal, $process:expr, $slot:expr) => {{
        let (process, spec) = ($process, $slot.spec());
        debug_span!(
            target: "scope",
            parent: None,
            $name,
            otel.name = %format_args!("{}/{}", spec.service, $function),
            otel.kind = "internal",
            scope.service = spec.service,
            scope.namespace = %spec.namespace,
            scope.actor.id = &**process.path(),
            scope.incarnation = process.id(),
        )
    }};
}

pub(crate) fn init(process: &Process, slot: &Slot) -> Span {
    life_span!("scope.init", "init", process, slot)
}

pub(crate) fn terminate(process: &Process, slot: &Slot) -> Span {
    life_span!("scope.terminate", "terminate", process, slot)
}

/// The span of a restart: the stops and the starts that belong to it.
pub(crate) fn restart(supervisor: &Process, child: &str, count: u32) -> Span {
    debug_span!(
        target: "scope",
        parent: None,
        "scope.restart",
        otel.name = %format_args!("restart {child}"),
        otel.kind = "internal",
        scope.supervisor = &**supervisor.path(),
        scope.namespace = %supervisor.namespace(),
        scope.actor.id = child,
        scope.restart.count = count,
    )
}

/// Records how it went; an error's type is one of few.
#[cold]
pub(crate) fn record(span: &Span, result: Result<(), &str>) {
    match result {
        Ok(()) => {
            span.record("otel.status_code", "OK");
        }
        Err(error) => {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", error);
        }
    }
}
