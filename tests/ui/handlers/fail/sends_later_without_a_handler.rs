use scope::prelude::*;

struct Tick;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn tick(&self, cx: &Context<Self>) {
        cx.send_after(std::time::Duration::from_secs(1), Tick);
    }
}

fn main() {}
