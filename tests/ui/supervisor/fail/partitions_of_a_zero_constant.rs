use scope::prelude::*;

const PARTS: usize = 0;

#[service]
#[derive(Default)]
struct Shard;

#[handlers]
impl Shard {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        shards: partition Shard() { partitions: PARTS },
    }
}

fn main() {}
