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

#[service(requires(Ledger, Config))]
#[derive(Default)]
struct Web;

#[handlers]
impl Web {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        core: supervisor {
            strategy: one_for_one,
            config: Config(),
            ledger: Ledger(),
        },
        edge: supervisor {
            strategy: one_for_one,
            webs: dynamic Web(),
        },
    }
}

fn main() {}
