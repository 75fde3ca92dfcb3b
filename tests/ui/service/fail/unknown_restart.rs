use scope::prelude::*;

#[service(restart = transiant)]
struct Ledger;

fn main() {}
