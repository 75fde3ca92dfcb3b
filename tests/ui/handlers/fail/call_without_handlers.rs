use scope::prelude::*;

struct Counter;

impl Counter {
    #[call]
    fn method(&mut self) {}
}

fn main() {}
