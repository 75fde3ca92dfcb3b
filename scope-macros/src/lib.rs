//! The macros of Scope. Their documentation stands on the re-exports in `scope-rs`.
//!
//! Every macro is one line here and a plain function over `proc_macro2` tokens in its own folder, which goes
//! parse → model → validate → expand: see `service`.
#![expect(
    missing_docs,
    reason = "`service`, `handlers`, `supervisor` and `ServiceError` have theirs on the re-exports"
)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::todo
)]

mod args;
mod diag;
mod duration;
mod fallback;
mod fault;
mod handlers;
mod names;
#[cfg(test)]
mod robustness;
mod service;
mod supervisor;
mod test;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod thin;

use proc_macro::TokenStream;

#[proc_macro_attribute]
pub fn service(args: TokenStream, item: TokenStream) -> TokenStream {
    service::expand(args.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn handlers(args: TokenStream, item: TokenStream) -> TokenStream {
    handlers::expand(args.into(), item.into()).into()
}

#[proc_macro]
pub fn supervisor(input: TokenStream) -> TokenStream {
    supervisor::expand(input.into()).into()
}

#[proc_macro_derive(ServiceError, attributes(fault))]
pub fn service_error(item: TokenStream) -> TokenStream {
    fault::expand(item.into()).into()
}

/// Makes a test of an async function.
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(args.into(), item.into()).into()
}

/// Makes the service from its start arguments.
#[proc_macro_attribute]
pub fn init(_args: TokenStream, item: TokenStream) -> TokenStream {
    fallback::misplaced_marker("init", &item.into()).into()
}

/// Runs once after the service has started.
#[proc_macro_attribute]
pub fn after_init(_args: TokenStream, item: TokenStream) -> TokenStream {
    fallback::misplaced_marker("after_init", &item.into()).into()
}

/// Answers a request.
#[proc_macro_attribute]
pub fn call(_args: TokenStream, item: TokenStream) -> TokenStream {
    fallback::misplaced_marker("call", &item.into()).into()
}

/// Handles a message without an answer.
#[proc_macro_attribute]
pub fn cast(_args: TokenStream, item: TokenStream) -> TokenStream {
    fallback::misplaced_marker("cast", &item.into()).into()
}

/// Handles a typed message from elsewhere: an event, a monitor's notice.
#[proc_macro_attribute]
pub fn info(_args: TokenStream, item: TokenStream) -> TokenStream {
    fallback::misplaced_marker("info", &item.into()).into()
}

/// Runs again and again, after each period.
#[proc_macro_attribute]
pub fn every(_args: TokenStream, item: TokenStream) -> TokenStream {
    fallback::misplaced_marker("every", &item.into()).into()
}

/// Says whether the service is well.
#[proc_macro_attribute]
pub fn health(_args: TokenStream, item: TokenStream) -> TokenStream {
    fallback::misplaced_marker("health", &item.into()).into()
}

/// Says how many bytes the service uses.
#[proc_macro_attribute]
pub fn memory(_args: TokenStream, item: TokenStream) -> TokenStream {
    fallback::misplaced_marker("memory", &item.into()).into()
}

/// Runs when the service ends.
#[proc_macro_attribute]
pub fn terminate(_args: TokenStream, item: TokenStream) -> TokenStream {
    fallback::misplaced_marker("terminate", &item.into()).into()
}
