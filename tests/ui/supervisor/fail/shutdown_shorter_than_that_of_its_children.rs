use scope::prelude::*;

#[service]
#[derive(Default)]
struct A;

#[handlers]
impl A {}

#[service(shutdown = "10s")]
#[derive(Default)]
struct B;

#[handlers]
impl B {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        web: supervisor {
            strategy: one_for_one,
            shutdown: "8s",
            a: A(),
            b: B(),
        },
    }
}

fn main() {}
