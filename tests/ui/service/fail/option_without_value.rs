use scope::prelude::*;

#[service(layer)]
struct Ledger;

fn main() {}
