use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl<T> Counter {
    #[call]
    fn value(&self) -> u8 {
        0
    }
}

fn main() {}
