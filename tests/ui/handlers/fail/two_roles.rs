use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    #[cast]
    fn note(&self) {}
}

fn main() {}
