use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[after_init]
    async fn warm_up(&mut self) {
        let value = std::rc::Rc::new(0);
        std::future::ready(()).await;
        drop(value);
    }
}

fn main() {}
