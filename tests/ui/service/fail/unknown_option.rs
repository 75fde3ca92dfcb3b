use scope::prelude::*;

#[service(restat = permanent)]
struct Ledger;

fn main() {}
