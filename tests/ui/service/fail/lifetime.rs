use scope::prelude::*;

#[service()]
struct Ledger<'a> {
    name: &'a str,
}

fn main() {}
