use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

#[service(follows(Ledger))]
#[derive(Default)]
struct Audit;

#[handlers]
impl Audit {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        audit: Audit(),
        ledger: Ledger(),
    }
}

fn main() {}
