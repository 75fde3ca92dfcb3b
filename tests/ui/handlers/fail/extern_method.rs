use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    extern "C" fn add(&self) {}
}

fn main() {}
