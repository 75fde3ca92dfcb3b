use scope::prelude::*;

#[derive(Clone)]
struct Tick;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn tick(&self, cx: &Context<Self>) {
        cx.subscribe::<Tick>();
    }
}

fn main() {}
