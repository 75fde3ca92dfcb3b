#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn add(&self, by: u8) {}
}

async fn uses(counter: CounterHandle) {
    drop(counter.add());
}

fn main() {}
