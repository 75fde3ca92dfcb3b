//! The whole system, feature by feature, through the facade.

mod support;

mod calls;
mod casts;
mod registry;
mod rings;
