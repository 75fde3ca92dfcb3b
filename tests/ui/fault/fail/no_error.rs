use scope::prelude::*;

#[derive(Debug, ServiceError)]
#[fault(fatal)]
struct Corrupt;

fn main() {}
