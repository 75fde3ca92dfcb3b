//! Declarative services for Rust: typed actors, supervision trees and a registry, generated from
//! attributes and proved by the compiler.

pub use scope_runtime::*;

#[cfg(feature = "macros")]
#[doc = include_str!("../docs/handlers.md")]
pub use scope_macros::handlers;
#[cfg(feature = "macros")]
#[doc = include_str!("../docs/service.md")]
pub use scope_macros::service;
#[cfg(feature = "macros")]
#[doc = include_str!("../docs/supervisor.md")]
pub use scope_macros::supervisor;
#[cfg(feature = "macros")]
pub use scope_macros::{after_init, call, cast, every, info, init, terminate};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// What nearly every file that declares services uses.
pub mod prelude {
    pub use scope_runtime::{
        CallError, CastError, Context, Down, Event, ExitReason, Init, Lagged, Namespace, ReplyTo,
        ServiceExt, SupervisorTree,
    };

    #[cfg(feature = "macros")]
    pub use scope_macros::{
        after_init, call, cast, every, handlers, info, init, service, supervisor, terminate,
    };
}

/// What expansions name. No semver: it changes with the macros.
#[doc(hidden)]
pub mod __private {
    pub use scope_runtime::__private::*;
}
