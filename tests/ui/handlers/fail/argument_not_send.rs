#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn keep(&mut self, value: std::rc::Rc<u8>) {}
}

fn main() {}
