use scope::prelude::*;

#[derive(Debug, thiserror::Error)]
#[error("no such key")]
struct ConfigError;

#[derive(Debug, thiserror::Error, ServiceError)]
enum LedgerError {
    #[error(transparent)]
    Config(#[from] CallError<ConfigError>),
}

fn main() {}
