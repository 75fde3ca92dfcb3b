use scope::prelude::*;

#[service(restart = transient, restart = temporary)]
struct Ledger;

fn main() {}
