use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn value(&self) -> u8 {
        0
    }
}

async fn uses(counter: CounterHandle) {
    let _: u8 = counter.value().unwrap();
}

fn main() {}
