use scope::prelude::*;

struct Counter;

impl Counter {
    #[memory]
    fn method(&self) {}
}

fn main() {}
