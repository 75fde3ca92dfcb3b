use scope::prelude::*;

struct Counter;

impl Counter {
    #[cast]
    fn method(&mut self) {}
}

fn main() {}
