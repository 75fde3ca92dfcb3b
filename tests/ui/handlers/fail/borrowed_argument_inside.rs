#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn name(&self, rest: Vec<std::borrow::Cow<'_, str>>) {}
}

fn main() {}
