use scope::prelude::*;

#[service(requires(elsewhere::Config))]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        ledger: Ledger(),
    }
}

fn main() {}
