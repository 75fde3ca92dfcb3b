use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[health]
    fn load(&self) -> Result<u8, String> {
        Ok(0)
    }
}

fn main() {}
