#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[terminate]
    fn close(&self, a: &ExitReason, b: &ExitReason) {}
}

fn main() {}
