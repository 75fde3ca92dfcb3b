#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[info]
    fn event(&self, event: std::rc::Rc<u8>) {}
}

fn main() {}
