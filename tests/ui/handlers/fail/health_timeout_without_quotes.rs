use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[health(timeout = 5)]
    fn answers(&self) {}
}

fn main() {}
