use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call(result)]
    fn value(&self) -> u8 {
        0
    }
}

fn main() {}
