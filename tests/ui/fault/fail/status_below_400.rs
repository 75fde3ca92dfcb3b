use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
enum LedgerError {
    #[error("the books do not balance")]
    #[fault(recoverable, status = 200)]
    Corrupt,
}

fn main() {}
