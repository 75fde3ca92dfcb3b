use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn add(&self, _text: String, by: u8) -> u8 {
        by
    }

    #[cast]
    async fn update(&mut self, cx: &Context<Self>) {
        let _: u8 = cx.myself().add("one", 1).await.unwrap();
    }
}

fn main() {}
