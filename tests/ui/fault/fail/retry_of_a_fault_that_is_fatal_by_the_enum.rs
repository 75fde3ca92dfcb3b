use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
#[fault(fatal)]
enum LedgerError {
    #[error("the books do not balance")]
    #[fault(retry)]
    Corrupt,
}

fn main() {}
