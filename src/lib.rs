#![doc = include_str!("../README.md")]

pub use scope_runtime::*;

#[cfg(feature = "macros")]
#[doc = include_str!("../docs/fault.md")]
pub use scope_macros::ServiceError;
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
pub use scope_macros::{after_init, call, cast, every, health, info, init, memory, terminate};

/// What the macros write, written by hand: the whole of `examples/by_hand.rs`.
///
/// Compare it with [`#[service]`](macro@service), [`#[handlers]`](macro@handlers) and
/// [`supervisor!`], whose expansions differ from it only in that their paths begin at the root.
///
/// ```
#[doc = include_str!("../examples/by_hand.rs")]
/// ```
#[cfg(any(doc, doctest))]
pub mod expansion {}

/// Crashes, and what everybody sees of them.
#[doc = include_str!("../docs/crashes.md")]
#[cfg(any(doc, doctest))]
pub mod crashes {}

/// How a service is: automatic checks, `#[health]`, and looking closer.
#[doc = include_str!("../docs/health.md")]
#[cfg(any(doc, doctest))]
pub mod health_checks {}

/// What the macros say to mistakes.
#[doc = include_str!("../docs/errors.md")]
#[cfg(any(doc, doctest))]
pub mod errors {}

/// Scope for Erlang and Elixir engineers.
#[doc = include_str!("../docs/otp.md")]
#[cfg(any(doc, doctest))]
pub mod otp {}

#[cfg_attr(
    all(feature = "macros", feature = "stats"),
    doc = include_str!("../docs/telemetry.md")
)]
#[cfg_attr(
    not(all(feature = "macros", feature = "stats")),
    doc = "What a running system tells of itself."
)]
pub mod telemetry {
    pub use scope_runtime::telemetry::*;
}

#[cfg(feature = "observe")]
#[cfg_attr(
    all(feature = "macros", feature = "signal"),
    doc = include_str!("../docs/observe.md")
)]
#[cfg_attr(
    not(all(feature = "macros", feature = "signal")),
    doc = "What an operator sees of a running program, over HTTP."
)]
pub mod observe {
    pub use scope_observe::*;
}

/// Makes a test of an async function, with a namespace of its own and time that is paused.
///
/// The function takes a [`TestContext`](testing::TestContext), or nothing, and returns nothing or
/// a `Result`. Other attributes stay with it: `#[cfg]`, `#[ignore]`, and `#[should_panic]`, which
/// the compiler takes on a test that returns nothing.
///
/// | option | type | default | meaning |
/// | --- | --- | --- | --- |
/// | `real_time` | word | off | one thread, without paused time |
/// | `threads` | number | off | a runtime with so many threads, in real time |
/// | `crate` | path | `::scope` | where the expansion finds this crate |
///
/// When the function has returned or panicked, all that was started through the context is stopped
/// in reverse order; the test fails if that hangs, or if a process of its namespace is left. What a
/// test starts in other namespaces is its own affair.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use scope::testing::TestContext;
///
/// #[scope::test]
/// async fn an_hour_passes_at_once(cx: TestContext) {
///     tokio::time::sleep(Duration::from_secs(3600)).await;
///     assert_eq!(cx.namespace().process_count(), 0);
/// }
/// ```
/// expands to
/// ```text
/// #[test]
/// fn an_hour_passes_at_once() {
///     async fn an_hour_passes_at_once(cx: TestContext) { ... }
///     let settings = Settings::new("module::an_hour_passes_at_once");
///     scope::testing::run(settings, |cx: TestContext| an_hour_passes_at_once(cx))
/// }
/// ```
#[cfg(feature = "test")]
pub use scope_macros::test;

/// The test kit: what a test gets, and what makes it deterministic.
#[cfg(feature = "test")]
pub use scope_test as testing;

/// What nearly every file that declares services uses.
pub mod prelude {
    pub use scope_runtime::{
        CallError, CastError, Context, Down, Event, ExitReason, Init, Lagged, Namespace, ReplyTo,
        ServiceError, ServiceExt, SupervisorTree,
    };

    #[cfg(feature = "macros")]
    pub use scope_macros::{
        ServiceError, after_init, call, cast, every, handlers, health, info, init, memory, service,
        supervisor, terminate,
    };
}

/// What expansions name. No semver: it changes with the macros.
#[doc(hidden)]
pub mod __private {
    pub use scope_runtime::__private::*;
}
