use scope::prelude::*;

struct Refused;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[health]
    fn answers(&self) -> Result<(), Refused> {
        Ok(())
    }
}

fn main() {}
