use scope::prelude::*;

#[service(5 = permanent)]
struct Ledger;

fn main() {}
