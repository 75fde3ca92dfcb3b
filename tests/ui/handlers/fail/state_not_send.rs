use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter {
    value: std::rc::Rc<u8>,
}

#[handlers]
impl Counter {
    #[call]
    fn value(&self) -> u8 {
        0
    }
}

fn main() {}
