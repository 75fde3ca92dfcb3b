#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn name(&self, reply: ReplyTo<&str>) {}
}

fn main() {}
