use scope::prelude::*;

#[service(requires(Config))]
struct Ledger;

fn main() {}
