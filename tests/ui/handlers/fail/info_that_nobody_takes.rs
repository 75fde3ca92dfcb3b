use scope::prelude::*;

struct Tick;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {}

fn uses(counter: CounterHandle) {
    drop(counter.info(Tick));
}

fn main() {}
