use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop(index: u8) {
        strategy: one_for_one,
        shards: partition Ledger() { partitions: 2 },
    }
}

fn main() {}
