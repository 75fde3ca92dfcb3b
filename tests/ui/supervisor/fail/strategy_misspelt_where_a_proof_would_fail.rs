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
        strategy: rest_for_on,
        ledger: Ledger(),
        audit: Audit(),
    }
}

fn main() {}
