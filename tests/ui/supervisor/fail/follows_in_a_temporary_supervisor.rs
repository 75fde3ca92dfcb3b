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
        strategy: rest_for_one,
        ledger: Ledger(),
        edge: supervisor Edge() { restart: temporary },
    }

    supervisor Edge requires(Ledger) {
        strategy: one_for_one,
        audit: Audit(),
    }
}

fn main() {}
