#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[info]
    fn down(&self, down: Down, count: u8) {}
}

fn main() {}
