use scope::prelude::*;

struct Tick;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn tick(&self, cx: &Context<Self>) {
        cx.publish(&Tick);
    }
}

fn main() {}
