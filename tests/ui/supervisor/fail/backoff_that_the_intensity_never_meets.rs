use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        intensity: 5 in "10s",
        ledger: Ledger() { backoff: "2s..1m" },
    }
}

fn main() {}
