//! The test kit of Scope: isolated namespaces, paused time, leak checks.
//!
//! `#[scope::test]` makes a test of an async function, with [`run`] around it: each test has a
//! namespace of its own, so tests run at the same time without meeting; what it starts through its
//! [`TestContext`] is stopped before it ends, and it fails if anything is left.
//!
//! [`Journal`], [`Gate`] and [`settle`] make what happens between tasks visible in one order.
//!
//! # Examples
//! ```
//! # mod scope {
//! #     pub use {scope_macros::*, scope_runtime::*};
//! #     pub mod testing { pub use scope_test::*; }
//! # }
//! use scope::testing::TestContext;
//!
//! # use scope::{handlers, service, call, init};
//! #[service(crate = crate::scope)]
//! struct Counter {
//!     value: i64,
//! }
//!
//! #[handlers(crate = crate::scope)]
//! impl Counter {
//!     #[init]
//!     fn new(start: i64) -> Self {
//!         Self { value: start }
//!     }
//!
//!     #[call]
//!     fn add(&mut self, by: i64) -> i64 {
//!         self.value += by;
//!         self.value
//!     }
//! }
//!
//! # mod tests { use super::{scope, Counter, TestContext};
//! #[scope::test(crate = crate::scope)]
//! async fn it_adds(cx: TestContext) {
//!     let counter = cx.service::<Counter>((40,)).await;
//!     assert_eq!(counter.add(2).await.unwrap(), 42);
//! }
//! # }
//! # fn main() {
//! #     scope_test::run(scope_test::Settings::new("it_adds"), async |cx: TestContext| {
//! #         let counter = cx.service::<Counter>((40,)).await;
//! #         assert_eq!(counter.add(2).await.unwrap(), 42);
//! #     });
//! # }
//! ```

mod context;
mod gate;
mod journal;
mod kit;
mod run;
mod settle;

pub use context::TestContext;
pub use gate::Gate;
pub use journal::Journal;
pub use run::{Settings, run};
pub use settle::settle;
