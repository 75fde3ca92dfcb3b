use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[init]
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        Ok(Self)
    }
}

fn main() {}
