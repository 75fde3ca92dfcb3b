use scope::prelude::*;

#[service(health(queue = 80))]
struct Ledger;

fn main() {}
