use scope::prelude::*;

#[derive(Debug, thiserror::Error, ServiceError)]
#[error("the books do not balance")]
struct Corrupt;

fn main() {}
