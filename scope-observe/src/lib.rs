//! The observer of Scope: what an operator sees of a running program, over HTTP.
//!
//! It depends on the runtime only, and is `scope::observe` with the feature `observe` of the facade, where its manual
//! is. An [`Observer`] watches the program; its routes are a [`Router`](axum::Router) to be mounted anywhere, or are
//! served by a [`Listener`] of their own.
//!
//! # Examples
//! ```
//! use scope_observe::{Listener, Observer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let observer = Observer::builder().service_id("orders").from_env()?.start();
//! // `SCOPE_HTTP_ADDR=on` for `127.0.0.1:9464`.
//! let serving = Listener::from_env(&observer).await?.map(Listener::spawn);
//! // ... the program runs ...
//! if let Some(serving) = serving {
//!     serving.shutdown().await;
//! }
//! # Ok(())
//! # }
//! ```

pub mod api;
mod desk;
mod environment;
mod events;
mod guard;
mod health;
mod labels;
mod listener;
mod lock;
mod metrics;
mod observer;
mod problem;
mod query;
mod router;
mod settings;
mod task;
mod trees;
mod visitor;

pub use environment::EnvironmentError;
pub use events::{EventAbout, EventHandler, EventMeasures, EventRecord};
pub use health::{Check, HealthDocument, Status};
pub use listener::{Limits, ListenError, Listener, Serving, serve};
pub use observer::Observer;
pub use problem::Problem;
pub use settings::ObserverBuilder;
