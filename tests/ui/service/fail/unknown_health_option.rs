use scope::prelude::*;

#[service(health(que = 0.5))]
struct Ledger;

fn main() {}
