use scope::prelude::*;

#[service(health(stuck = "10"))]
struct Ledger;

fn main() {}
