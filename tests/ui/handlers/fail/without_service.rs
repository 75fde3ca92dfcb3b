use scope::prelude::*;

#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn add(&mut self, by: i64) -> i64 {
        by
    }
}

fn main() {}
