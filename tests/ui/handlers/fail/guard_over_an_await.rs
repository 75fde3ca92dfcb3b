use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    async fn value(&mut self) -> u8 {
        let value = std::sync::Mutex::new(0);
        let guard = value.lock().unwrap();
        std::future::ready(()).await;
        *guard
    }
}

fn main() {}
