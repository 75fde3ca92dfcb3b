use scope::prelude::*;

#[service]
#[derive(Default)]
struct Config;

#[handlers]
impl Config {}

#[service]
#[derive(Default)]
struct Events;

#[handlers]
impl Events {}

#[service(requires(Config, Events))]
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
