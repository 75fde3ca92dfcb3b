use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[every("0s")]
    fn tick(&self) {}
}

fn main() {}
