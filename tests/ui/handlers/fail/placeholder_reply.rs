use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn value(&self) -> _ {
        0
    }
}

fn main() {}
