use scope::prelude::*;

#[service(shutdown = 5)]
struct Ledger;

fn main() {}
