//! The runtime of Scope: mailboxes, handles, child specs, supervisors and the registry.
//!
//! Everything that the macros of Scope generate is written against this crate, and can be written
//! by hand. It knows nothing of macros, HTTP or databases.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[cfg(not(panic = "unwind"))]
compile_error!(
    "Scope contains panics and restarts what panicked, which `panic = \"abort\"` makes impossible; \
     remove it from the profile"
);

mod activity;
#[cfg(feature = "retry")]
mod backoff;
mod berth;
mod blueprint;
mod builder;
mod call;
mod carry;
mod cast;
mod child_spec;
mod context;
mod deadline;
mod drawing;
mod dynamic;
mod error;
mod event;
mod exit;
mod fault;
mod fifo;
mod handle;
mod handled;
mod health;
mod inspect;
mod instance;
mod joined;
mod lateness;
mod line;
mod luggage;
mod mailbox;
mod message;
mod monitor;
mod namespace;
mod options;
mod partition;
mod pid;
mod process;
mod proof;
mod receiver;
mod registered;
mod registry;
mod remains;
mod reply;
mod request;
mod ring;
mod rt;
mod running;
mod service;
#[cfg(feature = "signal")]
mod signal;
mod slot;
#[cfg(feature = "stats")]
mod stats;
#[cfg(not(feature = "stats"))]
#[path = "stats_off.rs"]
mod stats;
mod store;
mod supervisor;
mod surroundings;
mod tally;
mod task;
mod tasks;
pub mod telemetry;
mod text;
mod timer;
mod tree;
mod verify;
mod waiting;
mod waking;
mod wrapper;

pub use activity::Busy;
#[cfg(feature = "retry")]
pub use backoff::Backoff;
pub use builder::{Copied, Parameter, SupervisorTree, TreeBuilder};
pub use call::{Call, FlatCall, Unsent};
pub use cast::Cast;
pub use child_spec::{Child, ChildSpec, ChildType, Restart, Shutdown, TaskOutput};
pub use context::{Context, Myself, TimerRef, WaitsForItself};
pub use dynamic::{Dynamic, Keyed, StartArgument};
pub use error::{CallError, CastError, CastErrorKind};
pub use event::{Event, Lagged};
pub use exit::ExitReason;
pub use fault::{Fault, ServiceError};
pub use handle::Handle;
pub use handled::{Handled, Unclassified};
pub use health::{
    CheckOutcome, CheckReport, Health, HealthCheck, HealthError, HealthReport, HealthSummary,
    IntoBytes, IntoOutcome, ServiceHealth, Thresholds, is_process_memory_measured,
    measure_process_memory, system_health,
};
pub use inspect::{Inside, Inspection};
pub use message::{HandlerKind, HandlerMeta, Message, MessageData, Route};
pub use monitor::{Down, MonitorRef};
pub use namespace::{Namespace, NamespaceKind, process_count};
pub use options::{Layer, Options, Overload, ServiceId};
pub use partition::Partition;
pub use pid::Pid;
pub use process::{ChildFuture, Stage};
pub use proof::sendable;
pub use registered::Registered;
pub use registry::{Key, RegisterError, ServiceExt};
pub use reply::{Caller, FlatReply, Outcome, ReplyTo};
pub use ring::Cycle;
pub use running::{Error, Exit, Running, Starting};
pub use service::{
    Accepts, AnyInfo, Continue, Declared, Done, InfoFor, Init, Initialized, IntoContinue, IntoInit,
    Requires, Service, State,
};
pub use slot::{Counters, MailboxStatus};
pub use supervisor::{
    AutoShutdown, ChildCounts, ChildInfo, ChildState, Intensity, RestartRecord, Root, SpecError,
    StartError, Strategy, SupervisorError, SupervisorHandle, SupervisorInit, SupervisorSpec,
};
pub use surroundings::{Provided, Surrounded, Unprovided};
pub use task::Task;
pub use tasks::Tasks;
pub use timer::Timer;
pub use tree::{By, Declaration, Node, NodeKind, Tree};
pub use verify::Flaws;
