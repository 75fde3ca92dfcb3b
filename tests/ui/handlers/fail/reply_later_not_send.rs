#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn value(&self, reply: ReplyTo<std::rc::Rc<u8>>) {}
}

fn main() {}
