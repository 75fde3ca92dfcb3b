#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn next(&self, reply: ReplyTo<>) {}
}

fn main() {}
