use scope::prelude::*;

#[service(restart = )]
struct Ledger;

fn main() {}
