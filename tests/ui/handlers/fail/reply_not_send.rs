use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn value(&self) -> std::rc::Rc<u8> {
        std::rc::Rc::new(0)
    }
}

fn main() {}
