use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop requires(5) {
        strategy: one_for_one,
    }
}

fn main() {}
