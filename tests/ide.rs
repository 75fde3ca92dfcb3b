//! What an editor makes of our macros: a real rust-analyzer, asked over its protocol.
//!
//! `SCOPE_RUST_ANALYZER` says which; else it is the one on the path, where `rustup component add
//! rust-analyzer rust-src` puts it. Where there is none these tests say so and pass.
#![cfg(all(feature = "macros", feature = "signal"))]
#![expect(
    clippy::unwrap_used,
    reason = "an answer of another form is a failed test"
)]

#[path = "ide/check.rs"]
mod check;
#[path = "ide/client.rs"]
mod client;
#[path = "ide/editor.rs"]
mod editor;
#[path = "ide/half_typed.rs"]
mod half_typed;
#[path = "ide/names.rs"]
mod names;
#[path = "ide/words.rs"]
mod words;
