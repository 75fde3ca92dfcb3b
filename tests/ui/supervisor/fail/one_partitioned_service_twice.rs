use scope::prelude::*;

#[service]
#[derive(Default)]
struct Shard;

#[handlers]
impl Shard {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        first: partition Shard() { partitions: 2 },
        second: partition Shard() { partitions: 2 },
    }
}

fn main() {}
