use scope::prelude::*;

#[service]
#[derive(Default)]
struct Config;

#[handlers]
impl Config {}

#[service(requires(Config))]
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
