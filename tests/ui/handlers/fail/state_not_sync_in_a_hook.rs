use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter {
    value: std::cell::Cell<u8>,
}

#[handlers]
impl Counter {
    #[terminate]
    async fn close(&self) {
        self.value.get();
    }
}

fn main() {}
