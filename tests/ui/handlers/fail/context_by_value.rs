#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn value(&self, cx: Context<Self>) {}
}

fn main() {}
