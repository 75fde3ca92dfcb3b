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

#[service(follows(Audit))]
#[derive(Default)]
struct Mirror;

#[handlers]
impl Mirror {}

supervisor! {
    supervisor Shop {
        strategy: one_for_all,
        mirror: Mirror(),
        core: supervisor {
            strategy: rest_for_one,
            intensity: 0 in "5s",
            ledger: Ledger(),
            audit: Audit(),
        },
    }
}

fn main() {}
