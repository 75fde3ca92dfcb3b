#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn put(&mut self, values: Vec<_>) {}
}

fn main() {}
