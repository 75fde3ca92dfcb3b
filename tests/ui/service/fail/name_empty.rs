use scope::prelude::*;

#[service(name = " ")]
struct Ledger;

fn main() {}
