//! What `#[handlers]` proves of a service's types while it is compiled.
//!
//! A bound that does not hold is an error wherever the service is used. A constant that panics is one
//! error, in one sentence of ours, and the compiler takes everything that depends on it for true. So
//! what names no type parameter is proven by a constant.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use crate::health::{IntoBytes, IntoOutcome};
use crate::reply::Outcome;
use crate::service::{Done, IntoContinue, IntoInit};
use crate::text::Text;

/// Knows whether `T` has a property: its own constants are true, and where their bounds do not hold,
/// those of [`Unproven`] take their place.
#[derive(Debug)]
pub struct Proof<T: ?Sized = ()>(PhantomData<T>);

impl<T: ?Sized + Send + 'static> Proof<T> {
    /// It can go from thread to thread, and borrows nothing.
    pub const TRAVELS: bool = true;
}

impl<T: ?Sized + Sync> Proof<T> {
    /// Several threads can look at it at once.
    pub const IS_SHARED: bool = true;
}

impl<T: Default> Proof<T> {
    /// It has a value to begin with.
    pub const HAS_DEFAULT: bool = true;
}

impl<T: Outcome> Proof<T> {
    /// It is a result, and has an error.
    pub const IS_RESULT: bool = true;
}

impl<S, T: IntoInit<S>> Proof<(S, T)> {
    /// `T` is what `init` of `S` may return.
    pub const IS_STATE: bool = true;
}

impl<T: IntoContinue> Proof<T> {
    /// It is what `after_init` may return.
    pub const CONTINUES: bool = true;
}

impl<T: Into<Box<dyn Error + Send + Sync>>> Proof<T> {
    /// It can be the reason why a service does not start.
    pub const IS_ERROR: bool = true;
}

impl<T: Done> Proof<T> {
    /// It is what a handler without a caller may return.
    pub const IS_DONE: bool = true;
}

impl<T: fmt::Display> Proof<T> {
    /// It can be logged.
    pub const IS_PRINTED: bool = true;
}

impl<T: IntoOutcome> Proof<T> {
    /// It is what a health check may return.
    pub const IS_CHECK: bool = true;
}

impl<T: IntoBytes> Proof<T> {
    /// It is a number of bytes.
    pub const IS_BYTES: bool = true;
}

impl Proof {
    /// The length of an array, so that it can stand in a type.
    ///
    /// # Panics
    /// Unless it `holds` that the type with this name is what is `required`; with what to do about it, where the
    /// caller is.
    #[track_caller]
    pub const fn require(holds: bool, required: Required, name: &str) -> usize {
        // The compiler interprets this, for every type of every service: what is not needed is not put together.
        if !holds {
            let (before, after) = required.sentence();
            let mut text = Text::new();
            text.push(before).code(name).push(after);
            panic!("{}", text.as_str());
        }
        0
    }
}

/// What a type of a service has to be.
#[derive(Clone, Copy, Debug)]
pub enum Required {
    /// The service: it can change threads.
    State,
    /// The service: several threads may look at it.
    Shared,
    /// The service without an `#[init]`: it has a value to begin with.
    Default,
    /// What goes through the mailbox: it can change threads.
    Data,
    /// What a call returns that is flattened: it has an error.
    Flat,
    /// What `#[init]` returns.
    Init,
    /// What `#[after_init]` returns.
    AfterInit,
    /// The error that ends a start.
    StartError,
    /// What a handler without a caller returns.
    Done,
    /// The error of a handler without a caller.
    LoggedError,
    /// What a health check returns.
    Check,
    /// The error of a health check.
    CheckError,
    /// What `#[memory]` returns.
    Bytes,
}

impl Required {
    /// What the user reads where it does not hold: before the name, and after it.
    const fn sentence(self) -> (&'static str, &'static str) {
        match self {
            Self::State => (
                "",
                " is not `Send`, and a service runs on any thread; use fields that are, such as an `Arc` instead of an `Rc`",
            ),
            Self::Shared => (
                "an async `&self` method shares the state between threads, and ",
                " is not `Sync`; take `&mut self`",
            ),
            Self::Default => (
                "",
                " can't be made: it has no `#[init]`, and no `Default`; write the one or derive the other",
            ),
            Self::Data => (
                "",
                " is not `Send`, so it can't travel in a message; use a type that is, such as an `Arc` instead of an `Rc`",
            ),
            Self::Flat => (
                "",
                " is not a `Result`; write `#[call(plain)]` to answer with the value as it is",
            ),
            Self::Init => (
                "`#[init]` can't return ",
                "; return `Self`, `Init<Self>`, or a `Result` of either",
            ),
            Self::AfterInit => (
                "`#[after_init]` can't return ",
                "; return nothing, or a `Result<(), E>` whose error ends the service",
            ),
            Self::StartError => (
                "a start can't fail with ",
                "; use a type that implements `Error` and is `Send` and `Sync`, or a `String`",
            ),
            Self::Done => (
                "a handler without a caller can't return ",
                "; return nothing, or a `Result` whose error is logged: only `#[call]` answers",
            ),
            Self::LoggedError => (
                "the error of a handler without a caller is logged, and ",
                " has no `Display`; implement it, or handle the error here",
            ),
            Self::Check => (
                "`#[health]` can't return ",
                "; return a `Result<(), E>` that says what is wrong, a `bool`, or nothing",
            ),
            Self::CheckError => (
                "the error of a health check is shown, and ",
                " has no `Display`; implement it, or return a `String`",
            ),
            Self::Bytes => (
                "`#[memory]` can't return ",
                "; return the bytes in use, as `usize` or `u64`",
            ),
        }
    }
}

/// Gives the future back, and asks that it can change threads at each `.await`, as that of a handler does.
///
/// Generated code awaits async handlers through it, so that one which can't is reported at its own name.
///
/// # Examples
/// ```
/// async fn answer() -> u8 {
///     42
/// }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert_eq!(scope_runtime::sendable(answer()).await, 42);
/// # });
/// ```
pub fn sendable<F: Future + Send>(future: F) -> F {
    future
}

/// The same constants for every type, see [`Proof`].
#[expect(missing_docs, reason = "those of `Proof` have docs")]
pub trait Unproven {
    const TRAVELS: bool = false;
    const IS_SHARED: bool = false;
    const HAS_DEFAULT: bool = false;
    const IS_RESULT: bool = false;
    const IS_STATE: bool = false;
    const CONTINUES: bool = false;
    const IS_ERROR: bool = false;
    const IS_DONE: bool = false;
    const IS_PRINTED: bool = false;
    const IS_CHECK: bool = false;
    const IS_BYTES: bool = false;
}

impl<T: ?Sized> Unproven for Proof<T> {}

/// Names any type by what is the same for all.
pub trait Named {
    /// Nothing of it.
    type Unit;
}

impl<T: ?Sized> Named for T {
    type Unit = ();
}
