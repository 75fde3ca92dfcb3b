use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[health(optionel)]
    fn answers(&self) {}
}

fn main() {}
