use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        beat: task async { let value = std::rc::Rc::new(0); std::future::ready(()).await; drop(value); },
    }
}

fn main() {}
