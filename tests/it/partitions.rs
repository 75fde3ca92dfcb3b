//! Partitions: one service in several instances, among which keys are divided.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use scope::Partition;
use scope::prelude::*;
use scope::testing::{TestContext, settle};

#[service]
#[derive(Debug)]
struct Shard {
    index: usize,
    sum: u64,
}

#[handlers]
impl Shard {
    #[init]
    fn init(index: usize, seed: u64) -> Self {
        Self { index, sum: seed }
    }

    #[call]
    fn index(&self) -> usize {
        self.index
    }

    #[call]
    fn add(&mut self, by: u64) -> u64 {
        self.sum += by;
        self.sum
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }
}

supervisor! {
    supervisor Store(seed: u64) {
        strategy: one_for_one,

        shards: partition Shard(index, *seed) { partitions: 4 },
    }
}

async fn shards(cx: &TestContext) -> Partition<Shard> {
    cx.start::<Store>((100,)).await.shards()
}

#[scope::test]
async fn there_are_as_many_as_declared_each_with_its_index(cx: TestContext) {
    let shards = shards(&cx).await;
    assert_eq!(shards.len(), 4);
    let mut indexes = Vec::new();
    for shard in shards.iter() {
        indexes.push(shard.index().await.unwrap());
    }
    assert_eq!(indexes, [0, 1, 2, 3]);
    assert_eq!(shards.at(3).unwrap().index().await.unwrap(), 3);
    assert!(shards.at(4).is_none());
    assert_eq!(cx.namespace().services().len(), 4);
    assert_eq!(
        shards.at(2).unwrap().pid().unwrap().path(),
        format!("{}/Store/shards/2", cx.namespace())
    );
}

#[scope::test]
async fn a_key_always_has_the_same_instance(cx: TestContext) {
    let shards = shards(&cx).await;
    let mut seen = BTreeSet::new();
    for key in 0..100_u32 {
        let index = shards.of(&key).index().await.unwrap();
        assert_eq!(shards.clone().of(&key).index().await.unwrap(), index);
        seen.insert(index);
    }
    assert_eq!(seen.len(), 4, "the keys are divided among all");
    let key = "ada";
    let before = shards.of(key).index().await.unwrap();
    shards.of(key).crash().await.unwrap();
    settle().await;
    assert_eq!(shards.of(key).index().await.unwrap(), before);
    assert_eq!(
        shards.of(&key.to_owned()).index().await.unwrap(),
        before,
        "borrowed or owned"
    );
}

/// Whoever runs the same program tomorrow finds its keys in the same places.
#[scope::test]
async fn the_division_has_no_seed_that_differs_between_programs(cx: TestContext) {
    let shards = shards(&cx).await;
    for key in 0..20_u32 {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let index = shards.of(&key).index().await.unwrap();
        assert_eq!(index as u64, hasher.finish() % 4);
    }
}

#[scope::test]
async fn the_crash_of_one_leaves_the_others(cx: TestContext) {
    let shards = shards(&cx).await;
    for (shard, by) in shards.iter().zip(1..) {
        assert_eq!(shard.add(by).await.unwrap(), 100 + by);
    }
    let before: Vec<_> = shards.iter().map(|shard| shard.pid()).collect();
    shards.at(1).unwrap().crash().await.unwrap();
    settle().await;
    let after: Vec<_> = shards.iter().map(|shard| shard.pid()).collect();
    let changed: Vec<_> = (0..4)
        .filter(|&index| before[index] != after[index])
        .collect();
    assert_eq!(changed, [1]);
    let mut sums = Vec::new();
    for shard in shards.iter() {
        sums.push(shard.add(0).await.unwrap());
    }
    assert_eq!(sums, [101, 100, 103, 104], "the one that crashed is fresh");
    assert_eq!(shards.at(1).unwrap().index().await.unwrap(), 1);
}
