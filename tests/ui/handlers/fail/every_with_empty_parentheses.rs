use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[every()]
    fn tick(&self) {}
}

fn main() {}
