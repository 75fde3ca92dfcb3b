use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop(value: std::cell::Cell<u8>) {
        strategy: one_for_one,
        ledger: Ledger(),
    }
}

fn main() {}
