use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
enum LedgerError {
    #[error("the books do not balance")]
    #[fault(recoverabel)]
    Corrupt,
    #[error("no such account")]
    #[fault(recoverable)]
    UnknownAccount,
}

fn main() {}
