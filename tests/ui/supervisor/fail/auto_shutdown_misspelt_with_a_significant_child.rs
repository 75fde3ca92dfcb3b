use scope::prelude::*;

#[service(restart = transient)]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        auto_shutdown: any,
        ledger: Ledger() { significant: true },
    }
}

fn main() {}
