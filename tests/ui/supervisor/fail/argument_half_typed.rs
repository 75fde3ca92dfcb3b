use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop(options: u8) {
        strategy: one_for_one,
        ledger: Ledger(options.),
        jobs: tasks,
    }
}

fn uses(shop: Shop) {
    drop(shop.jobs());
}

fn main() {}
