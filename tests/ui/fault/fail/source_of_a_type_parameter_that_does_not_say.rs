use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
enum StoreError<E> {
    #[error(transparent)]
    Item(E),
}

#[derive(Debug, thiserror::Error)]
#[error("no such key")]
struct ConfigError;

fn status(error: &StoreError<ConfigError>) -> u16 {
    error.fault().status()
}

fn main() {}
