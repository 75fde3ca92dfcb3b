#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[init]
    fn new(path: &str) -> Self {
        Self
    }

    #[call]
    fn add(self, (x, y): (u8, u8)) {}

    #[call(timeout = "5", retry)]
    fn peek<T>(&self) -> &str {
        ""
    }

    #[every]
    fn tick(&self, n: u8) {}

    #[info]
    fn down(&self) {}

    #[cast]
    #[call]
    unsafe fn note(&self) {}

    #[call]
    fn total(&self) -> u64 {
        0
    }
}

fn uses(counter: CounterHandle) {
    drop(counter.total());
}

fn main() {}
