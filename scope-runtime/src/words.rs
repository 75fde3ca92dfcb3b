//! The words of the macros' options, one documented item each. No semver: they change with the
//! macros.
//!
//! An expansion names the words that the user wrote where no compiler looks, by paths such as
//! `words::service::restart::transient`. Through these an editor shows what a word means, goes to
//! the type behind it, and offers the others.

/// What `#[service(...)]` takes.
pub mod service {
    pub use super::option::{
        call_timeout, debug, follows, handle, health, layer, mailbox, name, requires, restart,
        shutdown, start_timeout,
    };
}

/// What `#[call(...)]` takes.
pub mod call {
    pub use super::option::{plain, result, timeout};
}

/// What `#[health(...)]` takes.
pub mod health {
    pub use super::option::{critical, optional};
    /// How long this check may take: a duration.
    pub mod timeout {}
}

/// What a supervisor takes.
pub mod tree {
    pub use super::option::{auto_shutdown, intensity, strategy};
}

/// What a supervisor written inside another takes.
pub mod nested {
    pub use super::option::{auto_shutdown, intensity, shutdown, strategy};
}

/// What a child that is a service takes.
pub mod child {
    pub use super::option::{backoff, key, restart, shutdown, significant, start_timeout};
}

/// What a `dynamic` child takes.
pub mod dynamic {
    pub use super::option::{
        backoff, idle, intensity, max_children, restart, shutdown, start_timeout,
    };
}

/// What a `partition` takes.
pub mod partition {
    pub use super::option::{backoff, intensity, partitions, restart, shutdown, start_timeout};
}

/// What `tasks` takes.
pub mod tasks {
    pub use super::option::{intensity, max_children, restart, shutdown};
}

/// What a `task`, or a supervisor declared elsewhere, takes.
pub mod task {
    pub use super::option::{backoff, restart, shutdown, significant};
}

/// Each option: a module with the words among its values.
mod option {
    /// Whether a supervisor ends with its significant children, see
    /// [`AutoShutdown`](crate::AutoShutdown): `never`, `any_significant` or `all_significant`.
    pub mod auto_shutdown {
        pub use crate::AutoShutdown::{
            AllSignificant as all_significant, AnySignificant as any_significant, Never as never,
        };
    }

    /// Delays between restarts, with jitter: `"100ms..10s"`.
    pub mod backoff {}

    /// How long a call waits, unless it says otherwise: a duration, or `infinity`.
    pub mod call_timeout {
        pub use super::infinity;
    }

    /// Its failure makes the service unhealthy.
    pub mod critical {}

    /// Shows the state, in its `Debug` form, and the last messages to
    /// [`Handle::inspect`](crate::Handle::inspect).
    pub mod debug {}

    /// What the service is to be restarted with: a list of services.
    pub mod follows {}

    /// The name of the client, such as `Books`.
    pub mod handle {}

    /// From where on the automatic health checks find something, see
    /// [`Thresholds`](crate::Thresholds): `queue`, `stuck`, `restarts` and `process_memory`.
    pub mod health {
        /// How much the process may use: a size, such as `"512 MiB"`.
        pub mod process_memory {}

        /// The share of the mailbox that may be full: `0.8`.
        pub mod queue {}

        /// So many restarts within a minute are too many.
        pub mod restarts {}

        /// How long a handler may run: a duration.
        pub mod stuck {}
    }

    /// Ends an instance that got no message for so long: a duration.
    pub mod idle {}

    /// How many restarts within which time end the supervisor: `3 in "5s"`, see
    /// [`Intensity`](crate::Intensity).
    pub mod intensity {}

    /// The key that the service is registered under: a text.
    pub mod key {}

    /// Where the service stands, see [`Layer`](crate::Layer): `foundation`, `infrastructure`,
    /// `business` or `application`.
    pub mod layer {
        pub use crate::Layer::{
            Application as application, Business as business, Foundation as foundation,
            Infrastructure as infrastructure,
        };
    }

    /// How many messages may wait, `mailbox = 1024`, or the long form with `capacity`, `overload`,
    /// `keep` and `drain`.
    pub mod mailbox {
        /// How many messages may wait.
        pub mod capacity {}

        /// Serves what waits before a stop.
        pub mod drain {}

        /// Saves what waits over a crash, for the next incarnation.
        pub mod keep {}

        /// What a full mailbox does with one more message, see [`Overload`](crate::Overload):
        /// `wait`, `reject` or `drop_oldest`.
        pub mod overload {
            pub use crate::Overload::{DropOldest as drop_oldest, Reject as reject, Wait as wait};
        }
    }

    /// How many children there may be at a time.
    pub mod max_children {}

    /// What people read in logs and lists: a text.
    pub mod name {}

    /// Its failure only degrades the service.
    pub mod optional {}

    /// How many instances share the work.
    pub mod partitions {}

    /// The answer is the returned value as it is, also where that is a result.
    pub mod plain {}

    /// The services that this one reaches through [`Context::service`](crate::Context::service).
    pub mod requires {}

    /// When a supervisor starts it again, see [`Restart`](crate::Restart): `permanent`,
    /// `transient` or `temporary`.
    pub mod restart {
        pub use crate::Restart::{
            Permanent as permanent, Temporary as temporary, Transient as transient,
        };
    }

    /// The returned type is a result under another name: its error is among those of the call.
    pub mod result {}

    /// How it is stopped, see [`Shutdown`](crate::Shutdown): a duration, `brutal_kill` or
    /// `infinity`.
    pub mod shutdown {
        pub use crate::Shutdown::{BrutalKill as brutal_kill, Infinity as infinity};
    }

    /// Whether its end may end the supervisor, see [`AutoShutdown`](crate::AutoShutdown): `true`
    /// or `false`.
    pub mod significant {}

    /// How long it may take to start: a duration, or `infinity`.
    pub mod start_timeout {
        pub use super::infinity;
    }

    /// Which siblings a failure restarts, see [`Strategy`](crate::Strategy): `one_for_one`,
    /// `one_for_all` or `rest_for_one`.
    pub mod strategy {
        pub use crate::Strategy::{
            OneForAll as one_for_all, OneForOne as one_for_one, RestForOne as rest_for_one,
        };
    }

    /// How long this call waits, unless its caller says otherwise: a duration, or `infinity`.
    pub mod timeout {
        pub use super::infinity;
    }

    /// No limit.
    pub mod infinity {}
}
