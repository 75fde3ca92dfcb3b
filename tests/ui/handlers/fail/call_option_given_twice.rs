use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call(timeout = "1s", timeout = "2s")]
    fn next(&self) {}
}

fn main() {}
