use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[terminate]
    fn close(&self) {}

    #[terminate]
    fn end(&self) {}
}

fn main() {}
