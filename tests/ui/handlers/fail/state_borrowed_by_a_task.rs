use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn start(&mut self, cx: &Context<Self>) {
        cx.spawn(async { self.value() });
    }

    fn value(&self) -> u8 {
        0
    }
}

fn main() {}
