use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[health = "optional"]
    fn answers(&self) {}
}

fn main() {}
