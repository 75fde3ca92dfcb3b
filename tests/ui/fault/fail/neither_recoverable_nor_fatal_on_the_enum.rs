use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
#[fault(status = 507)]
enum LedgerError {
    #[error("the books do not balance")]
    #[fault(fatal)]
    Corrupt,
    #[error("no such account")]
    UnknownAccount,
}

fn main() {}
