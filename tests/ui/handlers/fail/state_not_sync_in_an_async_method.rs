use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter {
    value: std::cell::Cell<u8>,
}

#[handlers]
impl Counter {
    #[call]
    async fn value(&self) -> u8 {
        self.value.get()
    }
}

fn main() {}
