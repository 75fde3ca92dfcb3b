use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
enum LedgerError {
    #[error("the books do not balance")]
    #[fault(fatal = true)]
    Corrupt,
}

fn main() {}
