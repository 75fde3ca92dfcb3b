use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn add(&self) -> u8 {
        self.
    }
}

fn main() {}
