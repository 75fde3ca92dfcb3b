#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[after_init]
    fn warm(&mut self, rate: u8) {}
}

fn main() {}
