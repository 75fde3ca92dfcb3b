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

async fn number() -> u64 {
    0
}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        ledger: Ledger(number().await),
    }
}

fn main() {}
