use scope::prelude::*;

#[service]
struct Ledger;

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        ledger: Ledger(),
    }
}

fn main() {}
