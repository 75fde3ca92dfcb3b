use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[init]
    fn new() -> Result<Self, u8> {
        Ok(Self)
    }
}

fn main() {}
