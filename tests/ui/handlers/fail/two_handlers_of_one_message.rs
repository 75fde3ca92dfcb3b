use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn add_one(&self) {}

    #[cast]
    fn add__one(&self) {}
}

fn main() {}
