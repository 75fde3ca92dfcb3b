use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Web {
        strategy: one_for_one,
        second: Ledger(),
    }

    supervisor Shop {
        strategy: one_for_one,
        first: Ledger(),
        web: supervisor Web(),
    }
}

fn main() {}
