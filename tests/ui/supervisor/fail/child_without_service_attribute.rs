use scope::prelude::*;

struct Ledger;

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        ledger: Ledger(),
    }
}

fn main() {}
