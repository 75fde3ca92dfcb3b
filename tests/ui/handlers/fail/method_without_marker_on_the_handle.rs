use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    fn value(&self) -> u8 {
        0
    }
}

async fn uses(counter: CounterHandle) {
    counter.value();
}

fn main() {}
