use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[memory]
    fn bytes(&self) -> String {
        String::new()
    }
}

fn main() {}
