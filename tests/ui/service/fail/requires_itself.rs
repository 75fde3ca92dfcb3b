use scope::prelude::*;

#[service(requires(Ledger))]
struct Ledger;

fn main() {}
