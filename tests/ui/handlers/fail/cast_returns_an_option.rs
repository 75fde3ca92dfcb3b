use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn note(&self) -> Option<u8> {
        None
    }
}

fn main() {}
