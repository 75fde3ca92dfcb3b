use scope::prelude::*;

#[service(requires(B))]
#[derive(Default)]
struct A;

#[handlers]
impl A {}

#[service(requires(C))]
#[derive(Default)]
struct B;

#[handlers]
impl B {}

#[service(requires(A))]
#[derive(Default)]
struct C;

#[handlers]
impl C {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        c: C(),
        inner: supervisor {
            strategy: one_for_one,
            b: B(),
        },
        a: A(),
    }
}

fn main() {}
