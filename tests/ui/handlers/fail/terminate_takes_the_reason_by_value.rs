#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[terminate]
    fn close(&mut self, reason: ExitReason) {}
}

fn main() {}
