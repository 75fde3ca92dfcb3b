use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        intensity: -1 in "5s",
        ledger: Ledger(),
    }
}

fn main() {}
