use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
#[error("the books do not balance")]
struct Corrupt {
    #[fault(fatal)]
    page: u32,
}

fn main() {}
