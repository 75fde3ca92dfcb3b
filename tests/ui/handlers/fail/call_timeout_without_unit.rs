use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call(timeout = "5")]
    fn next(&self) {}
}

fn main() {}
