use scope::prelude::*;

struct Refused;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn note(&self) -> Result<(), Refused> {
        Ok(())
    }
}

fn main() {}
