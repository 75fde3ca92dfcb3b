use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop(id: u64) {
        strategy: one_for_one,
        ledgers: dynamic Ledger() by id: u64,
    }
}

fn main() {}
