use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[init]
    fn new() -> u8 {
        0
    }
}

fn main() {}
