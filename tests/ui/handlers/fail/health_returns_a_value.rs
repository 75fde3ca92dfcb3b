use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[health]
    fn load(&self) -> u8 {
        0
    }
}

fn main() {}
