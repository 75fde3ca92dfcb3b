use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn watch(&self, cx: &Context<Self>) {
        cx.monitor(&Counter::via(cx.namespace()));
    }
}

fn main() {}
