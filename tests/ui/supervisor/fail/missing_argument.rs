use scope::prelude::*;

#[service]
struct Ledger;

#[handlers]
impl Ledger {
    #[init]
    fn open(_number: u64) -> Self {
        Self
    }
}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        ledger: Ledger(),
    }
}

fn main() {}
