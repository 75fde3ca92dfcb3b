use scope::prelude::*;

#[service(layer business)]
struct Ledger;

fn main() {}
