use scope::prelude::*;

#[service]
struct Ledger;

#[handlers]
impl Ledger {
    #[init]
    fn open(_name: String) -> Self {
        Self
    }
}

supervisor! {
    supervisor Shop(name: String) {
        strategy: one_for_one,
        ledger: Ledger(*name),
    }
}

fn main() {}
