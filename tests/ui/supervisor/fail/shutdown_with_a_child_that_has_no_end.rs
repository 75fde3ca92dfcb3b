use scope::prelude::*;

#[service]
#[derive(Default)]
struct A;

#[handlers]
impl A {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        web: supervisor Web() { shutdown: "1m" },
    }

    supervisor Web {
        strategy: one_for_one,
        a: A() { shutdown: infinity },
    }
}

fn main() {}
