use scope::prelude::*;

#[service]
#[derive(Default)]
struct Config;

#[handlers]
impl Config {}

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cast]
    fn reload(&self, cx: &Context<Self>) {
        drop(cx.service::<Config>());
    }
}

fn main() {}
