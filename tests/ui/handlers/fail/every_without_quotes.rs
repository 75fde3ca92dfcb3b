use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[every(30)]
    fn tick(&self) {}
}

fn main() {}
