use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    async fn value(&mut self) -> u8 {
        let value = std::rc::Rc::new(0);
        std::future::ready(()).await;
        *value
    }
}

fn main() {}
