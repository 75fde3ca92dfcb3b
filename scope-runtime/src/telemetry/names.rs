//! The names of the runtime's own events.

pub(super) const SERVICE_START: &str = "scope.service.start";
pub(super) const SERVICE_STOP: &str = "scope.service.stop";
pub(super) const MESSAGE_START: &str = "scope.message.start";
pub(super) const MESSAGE_STOP: &str = "scope.message.stop";
pub(super) const MESSAGE_EXCEPTION: &str = "scope.message.exception";
pub(super) const SUPERVISOR_RESTART: &str = "scope.supervisor.restart";
pub(super) const SUPERVISOR_GIVEUP: &str = "scope.supervisor.giveup";
pub(super) const MAILBOX_OVERLOADED: &str = "scope.mailbox.overloaded";
pub(super) const HEALTH_CHANGE: &str = "scope.health.change";

/// Those of each message: only they cost something where nobody is attached.
pub(super) const MESSAGES: [&str; 3] = [MESSAGE_START, MESSAGE_STOP, MESSAGE_EXCEPTION];

/// The names of all events that the runtime executes.
pub const EVENTS: [&str; 9] = [
    SERVICE_START,
    SERVICE_STOP,
    MESSAGE_START,
    MESSAGE_STOP,
    MESSAGE_EXCEPTION,
    SUPERVISOR_RESTART,
    SUPERVISOR_GIVEUP,
    MAILBOX_OVERLOADED,
    HEALTH_CHANGE,
];
