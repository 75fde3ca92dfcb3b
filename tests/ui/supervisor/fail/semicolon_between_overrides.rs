use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        ledger: Ledger() { restart: transient; shutdown: "1s" },
    }
}

fn main() {}
