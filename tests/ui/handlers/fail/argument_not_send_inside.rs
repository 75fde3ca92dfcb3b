#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn keep(&mut self, first: u8, pair: (u8, std::rc::Rc<u8>)) {}
}

fn main() {}
