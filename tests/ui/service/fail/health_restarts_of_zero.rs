use scope::prelude::*;

#[service(health(restarts = 0))]
struct Ledger;

fn main() {}
