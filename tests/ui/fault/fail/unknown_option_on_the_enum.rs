use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
#[fault(stauts = 500)]
enum LedgerError {
    #[error("the books do not balance")]
    #[fault(fatal)]
    Corrupt,
}

fn main() {}
