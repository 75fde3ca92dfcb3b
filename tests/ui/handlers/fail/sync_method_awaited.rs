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

    #[cast]
    async fn update(&mut self) {
        self.value().await;
    }
}

fn main() {}
