use scope::prelude::*;

struct Counter;

impl Counter {
    #[health]
    fn method(&self) {}
}

fn main() {}
