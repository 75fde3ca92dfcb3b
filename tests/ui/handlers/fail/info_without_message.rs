use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[info]
    fn down(&self) {}
}

fn main() {}
