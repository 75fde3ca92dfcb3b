use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn a(&self) {}
}

#[handlers]
impl Counter {
    #[cast]
    fn b(&self) {}
}

fn main() {}
