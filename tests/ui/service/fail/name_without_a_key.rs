use scope::prelude::*;

#[service("Ledger of record")]
struct Ledger;

fn main() {}
