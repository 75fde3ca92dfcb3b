use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
enum LedgerError {
    #[error("the books do not balance: {0}")]
    Corrupt(#[fault(fatal)] String),
}

fn main() {}
