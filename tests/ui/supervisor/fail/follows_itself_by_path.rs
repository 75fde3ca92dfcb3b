use scope::prelude::*;

#[service(follows(self::Ledger))]
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
