use scope::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Id;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        ledgers: dynamic Ledger() by id: Id,
    }
}

fn main() {}
