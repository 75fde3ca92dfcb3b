use scope::prelude::*;

#[derive(Default)]
struct Counter<T> {
    value: T,
}

#[handlers]
impl<T: Send + 'static> Counter<T> {
    #[init]
    fn new(value: T) -> Self {
        Self { value }
    }

    #[call]
    async fn value(&mut self, cx: &Context<Self>) -> Result<u8, String> {
        cx.stop(ExitReason::Normal);
        std::future::ready(()).await;
        Ok(0)
    }

    #[cast]
    fn note(&mut self, cx: &Context<Self>) {
        cx.myself().note().unwrap();
    }

    #[info]
    fn down(&mut self, _down: Down) {}

    #[every("5s")]
    fn tick(&mut self) {}

    #[after_init]
    fn warm_up(&mut self) {}

    #[terminate]
    fn close(&mut self) {}
}

fn main() {}
