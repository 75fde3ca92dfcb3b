use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
#[fault(crate)]
enum LedgerError {
    #[error("the books do not balance")]
    #[fault(fatal)]
    Corrupt,
}

fn main() {}
