use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[after_init]
    fn warm(&mut self) -> u8 {
        0
    }
}

fn main() {}
