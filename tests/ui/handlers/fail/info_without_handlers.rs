use scope::prelude::*;

struct Counter;

impl Counter {
    #[info]
    fn method(&mut self) {}
}

fn main() {}
