use scope::prelude::*;

struct Counter;

impl Counter {
    #[every("1s")]
    fn method(&mut self) {}
}

fn main() {}
