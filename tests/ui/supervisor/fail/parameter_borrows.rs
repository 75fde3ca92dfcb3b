use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop(path: &str) {
        strategy: one_for_one,
        ledger: Ledger(),
    }
}

fn main() {}
