use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call = "1s"]
    fn next(&self) {}
}

fn main() {}
