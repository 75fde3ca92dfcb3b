#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn add(&mut self, by: u8, by: u8) {}
}

fn main() {}
