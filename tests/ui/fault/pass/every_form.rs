//! Every form of an error, and of a source; without `thiserror` as well.
#![deny(warnings)]
#![allow(non_camel_case_types, reason = "a raw name")]

use std::error::Error;
use std::fmt;

use scope::prelude::*;

mod renamed {
    pub use scope as rt;
}

#[derive(Debug, thiserror::Error, ServiceError)]
pub enum ConfigError {
    #[error("no such key")]
    #[fault(recoverable, status = 404)]
    NoKey,
}

#[derive(Debug, thiserror::Error, ServiceError)]
#[fault(recoverable)]
#[fault(crate = renamed::rt)]
pub enum LedgerError<'a, E>
where
    E: Error + 'static,
{
    /// By the enum.
    #[error("plain")]
    Plain,
    #[error("status")]
    #[fault(status = 404)]
    Status,
    #[error("tuple {0} {1}")]
    #[fault(recoverable, retry)]
    Tuple(u32, &'a str),
    #[error("fields {a}")]
    #[fault(fatal)]
    #[fault(status = 507)]
    Fields { a: u32 },
    #[error(transparent)]
    From(#[from] CallError<ConfigError>),
    #[error(transparent)]
    Transparent(E),
    #[error("source")]
    Source { source: ConfigError, at: u32 },
    #[error("marked")]
    Marked(u32, #[source] Box<CallError<ConfigError>>),
    #[error("said by itself")]
    #[fault(recoverable)]
    Foreign(#[source] std::io::Error),
    #[error("raw")]
    r#type,
    #[cfg(any())]
    #[error("never")]
    Never(Missing),
    #[cfg(all())]
    #[error("always")]
    Always,
    #[deprecated]
    #[error("old")]
    Old,
}

#[derive(Debug, thiserror::Error, ServiceError)]
#[error("torn")]
#[fault(fatal)]
pub struct Torn;

#[derive(Debug, thiserror::Error, ServiceError)]
#[error(transparent)]
pub struct Wrapped(#[from] ConfigError);

#[derive(Debug, thiserror::Error, ServiceError)]
pub enum Nothing {}

/// Without any other derive.
#[derive(Debug, ServiceError)]
#[fault(recoverable, status = 410)]
pub struct ByHand {
    pub page: u32,
}

impl fmt::Display for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "page {} is gone", self.page)
    }
}

impl Error for ByHand {}

fn main() {
    type Ledger = LedgerError<'static, ByHand>;
    let status = |error: Ledger| error.fault().status();
    assert_eq!(status(Ledger::Plain), 422);
    assert_eq!(status(Ledger::Status), 404);
    assert_eq!(status(Ledger::Tuple(1, "")), 503);
    assert_eq!(status(Ledger::Fields { a: 1 }), 507);
    assert_eq!(status(Ledger::From(CallError::Timeout)), 504);
    assert_eq!(status(Ledger::Transparent(ByHand { page: 7 })), 410);
    let source = ConfigError::NoKey;
    assert_eq!(status(Ledger::Source { source, at: 1 }), 404);
    assert_eq!(status(Ledger::Marked(1, Box::new(CallError::NoProc))), 503);
    assert_eq!(status(Ledger::Foreign(std::io::Error::other("x"))), 422);
    assert_eq!(status(Ledger::r#type), 422);
    assert_eq!(status(Ledger::Always), 422);
    assert!(Torn.fault().is_fatal());
    assert_eq!(Wrapped(ConfigError::NoKey).fault().status(), 404);
}
