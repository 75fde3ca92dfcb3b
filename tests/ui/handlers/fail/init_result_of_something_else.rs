use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[init]
    fn new() -> Result<u8, String> {
        Ok(0)
    }
}

fn main() {}
