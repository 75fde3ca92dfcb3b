use scope::prelude::*;

struct Counter;

impl Counter {
    #[terminate]
    fn method(&mut self) {}
}

fn main() {}
