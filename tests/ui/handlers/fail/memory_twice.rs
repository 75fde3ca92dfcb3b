use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[memory]
    fn bytes(&self) -> usize {
        0
    }

    #[memory]
    fn more(&self) -> usize {
        0
    }
}

fn main() {}
