use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[after_init]
    fn warm_up(&mut self) -> Result<(), u8> {
        Ok(())
    }
}

fn main() {}
