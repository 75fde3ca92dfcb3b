use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

trait Count {
    fn count(&self);
}

#[handlers]
impl Count for Counter {
    #[cast]
    fn count(&self) {}
}

fn main() {}
