use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call(result, plain)]
    fn next(&self) -> Result<u8, u8> {
        Ok(0)
    }
}

fn main() {}
