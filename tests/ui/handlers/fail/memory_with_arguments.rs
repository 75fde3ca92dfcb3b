#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[memory]
    fn bytes(&self, cx: &Context<Self>) -> usize {
        0
    }
}

fn main() {}
