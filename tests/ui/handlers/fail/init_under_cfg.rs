use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[cfg(unix)]
    #[init]
    fn new() -> Self {
        Self
    }
}

fn main() {}
