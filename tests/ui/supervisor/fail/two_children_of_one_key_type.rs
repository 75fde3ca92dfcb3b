use scope::prelude::*;

#[service]
#[derive(Default)]
struct Cart;

#[handlers]
impl Cart {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        carts: dynamic Cart() by id: u64,
        more: dynamic Cart() by id: u64,
    }
}

fn main() {}
