use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn note(&self, cx: Context<Self>) {}
}

fn main() {}
