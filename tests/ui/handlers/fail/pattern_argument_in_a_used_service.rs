#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn add(&self, (x, y): (u8, u8)) {}

    #[call]
    fn total(&self) -> u64 {
        0
    }
}

supervisor! {
    supervisor Tree {
        strategy: one_for_one,
        counter: Counter(),
    }
}

async fn uses() {
    let tree = Tree::start().await.unwrap();
    tree.counter().total().await.unwrap();
    Counter::via(&Namespace::production()).total().await.unwrap();
}

fn main() {}
