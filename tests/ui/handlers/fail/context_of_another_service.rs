#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Config;

#[handlers]
impl Config {}

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn value(&self, cx: &Context<Config>) {}
}

fn main() {}
