use scope::prelude::*;

#[service(health = 3)]
struct Ledger;

fn main() {}
