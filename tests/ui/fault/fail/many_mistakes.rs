use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
enum LedgerError {
    #[error("a")]
    #[fault(recoverable, retri)]
    UnknownAccount,
    #[error("b")]
    BankUnavailable,
    #[error("c")]
    #[fault(fatal, retry, status = 200)]
    Corrupt,
    #[error("d {0}")]
    #[fault(recoverable)]
    Torn(#[fault(fatal)] String),
    #[error("e")]
    #[fault(status = 404)]
    Lost,
    #[error("f")]
    #[fault(recoverable)]
    Sound,
}

fn the_impl_is_there(error: &LedgerError) -> u16 {
    error.fault().status()
}

fn main() {}
