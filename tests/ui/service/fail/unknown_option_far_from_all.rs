use scope::prelude::*;

#[service(color = red)]
struct Ledger;

fn main() {}
