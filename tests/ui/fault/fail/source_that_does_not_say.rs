use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
enum LedgerError {
    #[error("the disk fails")]
    Disk(#[from] std::io::Error),
    #[error("no such account")]
    #[fault(recoverable)]
    UnknownAccount,
}

fn main() {}
