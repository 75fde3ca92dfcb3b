use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
enum LedgerError {
    #[error("the books do not balance: {0}")]
    Corrupt(String),
    #[error("no such account")]
    #[fault(recoverable)]
    UnknownAccount,
}

fn main() {}
