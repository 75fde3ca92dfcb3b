use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[after_init]
    fn warm(&self) {}

    #[after_init]
    fn up(&self) {}
}

fn main() {}
