#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn add(&self, a: ReplyTo<u8>, b: ReplyTo<u8>) {}
}

fn main() {}
