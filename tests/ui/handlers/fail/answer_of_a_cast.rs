use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn note(&self) {}
}

async fn uses(counter: CounterHandle) {
    let _: u8 = counter.note().await.unwrap();
}

fn main() {}
