use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[terminate]
    fn close(&mut self) -> u8 {
        0
    }
}

fn main() {}
