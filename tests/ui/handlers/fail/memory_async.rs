use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[memory]
    async fn bytes(&self) -> usize {
        0
    }
}

fn main() {}
