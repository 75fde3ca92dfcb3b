#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn add(&self, cx: &Context<Self>, again: &Context<Self>) {}
}

fn main() {}
