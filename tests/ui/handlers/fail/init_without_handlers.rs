use scope::prelude::*;

struct Counter;

impl Counter {
    #[init]
    fn method(&mut self) {}
}

fn main() {}
