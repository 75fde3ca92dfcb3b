use scope::prelude::*;

#[service()]
struct Ledger {
    entries: ,
}

fn main() {}
