use scope::prelude::*;


#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[terminate]
    fn close(&mut self, _reason: &mut ExitReason) {}
}

fn main() {}
