use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn add(&self) {}

    #[cast]
    fn add(&self) {}
}

fn main() {}
