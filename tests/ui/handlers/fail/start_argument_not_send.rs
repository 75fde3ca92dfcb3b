#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[init]
    fn new(value: std::rc::Rc<u8>) -> Self {
        Self
    }
}

fn main() {}
