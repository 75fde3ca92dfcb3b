use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Books {
        strategy: one_for_one,
        ledger: Ledger(),
    }

    supervisor Shop {
        strategy: one_for_one,
        first: supervisor Books(),
        second: supervisor Books(),
    }
}

fn main() {}
