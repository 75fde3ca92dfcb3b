#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[health]
    fn answers(&self, depth: u8) {}
}

fn main() {}
