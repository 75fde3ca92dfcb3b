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
    supervisor Books requires(Config) {
        strategy: one_for_one,
        ledger: Ledger(),
    }

    supervisor Shop {
        strategy: one_for_one,
        books: supervisor Books(),
        config: Config(),
    }
}

fn main() {}
