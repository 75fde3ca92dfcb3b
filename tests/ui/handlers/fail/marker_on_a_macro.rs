use scope::prelude::*;

macro_rules! mac {
    () => {};
}

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    mac!();
}

fn main() {}
