use scope::prelude::*;

#[service]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn note(&self) {}
}

fn main() {}
