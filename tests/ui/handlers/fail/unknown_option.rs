use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers(krate = scope)]
impl Counter {

}

fn main() {}
