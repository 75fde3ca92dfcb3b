use scope::prelude::*;

#[service(name = Books)]
struct Ledger;

fn main() {}
