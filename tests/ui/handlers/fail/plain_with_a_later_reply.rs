#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call(plain)]
    fn next(&self, reply: ReplyTo<u8>) {}
}

fn main() {}
