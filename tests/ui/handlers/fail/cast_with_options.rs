use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast(now)]
    fn note(&self) {}
}

fn main() {}
