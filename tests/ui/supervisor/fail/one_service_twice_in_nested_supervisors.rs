use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        first: Ledger(),
        web: supervisor {
            strategy: one_for_one,
            second: Ledger(),
        },
    }
}

fn main() {}
