use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[memory]
    fn bytes(&mut self) -> usize {
        0
    }
}

fn main() {}
