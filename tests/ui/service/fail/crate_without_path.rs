use scope::prelude::*;

#[service(crate = "scope")]
struct Ledger;

fn main() {}
