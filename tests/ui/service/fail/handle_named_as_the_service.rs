use scope::prelude::*;

#[service(handle = Ledger)]
struct Ledger;

fn main() {}
