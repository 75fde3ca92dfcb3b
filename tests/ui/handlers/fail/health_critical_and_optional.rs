use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[health(critical, optional)]
    fn answers(&self) {}
}

fn main() {}
