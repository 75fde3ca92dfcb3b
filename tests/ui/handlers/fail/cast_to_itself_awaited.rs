use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn note(&self) {}

    #[cast]
    async fn update(&mut self, cx: &Context<Self>) {
        cx.myself().note().await.unwrap();
    }
}

fn main() {}
