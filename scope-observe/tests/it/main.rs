//! What the observer answers, over real connections.

mod alerts;
mod api;
mod client;
mod down;
mod events;
mod health;
mod limits;
mod listener;
mod metrics;
mod services;

/// What the expansions of the macros name.
mod scope {
    pub(crate) use scope_macros::*;
    pub(crate) use scope_runtime::*;
}
