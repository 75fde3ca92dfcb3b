use scope::prelude::*;

#[service()]
#[service]
struct Ledger;

fn main() {}
