use scope::prelude::*;

#[service(restart = "transient")]
struct Ledger;

fn main() {}
