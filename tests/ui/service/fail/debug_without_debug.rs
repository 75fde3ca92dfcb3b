use scope::prelude::*;

#[service(debug)]
struct Ledger;

fn main() {}
