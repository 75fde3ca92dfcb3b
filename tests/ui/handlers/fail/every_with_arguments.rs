#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[every("1s")]
    fn tick(&self, count: u8) {}
}

fn main() {}
