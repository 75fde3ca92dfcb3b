use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop(a: u8, a: u16) {
        strategy: one_for_one,
        ledger: Ledger(),
    }
}

fn main() {}
