use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn value(&self) -> Result<u8, std::rc::Rc<u8>> {
        Ok(0)
    }
}

fn main() {}
