//! What the expansions of the macros name. No semver: it changes with the macros, which are
//! released together with this crate.
//!
//! It stands here so that an expansion compiles where the user has types called `Box`, `Result` or
//! `Context`. What one needs to write an expansion by hand is public under its own name; what only
//! makes errors better, and words for editors, are here alone.

pub use core::clone::Clone;
pub use core::convert::{From, Infallible, Into};
pub use core::default::Default;
pub use core::fmt::{Debug, Formatter, Result as FmtResult};
pub use core::future::{Future, Ready, ready};
pub use core::marker::{PhantomData, Send, Sized, Sync};
pub use core::ops::Deref;
pub use core::option::Option::{self, None, Some};
pub use core::primitive::{str, u64};
pub use core::result::Result::{self, Err, Ok};
pub use core::time::Duration;
pub use std::boxed::Box;
pub use std::error::Error as StdError;
pub use std::string::String;
pub use std::sync::Arc;

#[path = "words.rs"]
pub mod words;

pub use crate::proof::{Named, Proof, Required, Unproven};
pub use crate::*;
