use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        ledgers: dynamic Ledger() with value: std::cell::Cell<u8>,
    }
}

fn main() {}
