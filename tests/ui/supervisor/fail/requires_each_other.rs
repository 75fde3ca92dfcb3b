use scope::prelude::*;

#[service(requires(Ledger))]
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
        config: Config(),
        ledger: Ledger(),
    }
}

fn main() {}
