use scope::prelude::*;

#[service(requires(5))]
struct Ledger;

fn main() {}
