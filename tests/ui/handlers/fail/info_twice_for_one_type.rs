#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[info]
    fn down(&self, down: Down) {}

    #[info]
    fn ended(&self, down: Down) {}
}

fn main() {}
