use scope::prelude::*;

struct Counter;

impl Counter {
    #[after_init]
    fn method(&mut self) {}
}

fn main() {}
