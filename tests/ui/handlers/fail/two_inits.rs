use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[init]
    fn new() -> Self {
        Self
    }

    #[init]
    fn open() -> Self {
        Self
    }
}

fn main() {}
