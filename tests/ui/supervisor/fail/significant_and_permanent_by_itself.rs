use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        auto_shutdown: any_significant,
        ledger: Ledger() { significant: true },
    }
}

fn main() {}
