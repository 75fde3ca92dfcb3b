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
}

async fn start() {
    drop(Books::start().await);
}

fn main() {
    drop(start());
}
