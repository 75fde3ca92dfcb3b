use scope::prelude::*;

#[service]
#[derive(Default)]
struct Config;

#[handlers]
impl Config {}

#[service(requires(Config), follows(Config))]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

#[service]
#[derive(Default)]
struct Web;

#[handlers]
impl Web {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        auto_shutdown: all_significant,
        ledger: Ledger() { significant: true },
        config: Config() { backoff: "10s..10s" },
        web: Web(),
        more: supervisor {
            strategy: one_for_one,
            shutdown: "1s",
            web: Web(),
        },
    }
}

fn main() {}
