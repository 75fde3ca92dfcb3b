use scope::prelude::*;


#[service]
struct Counter {
    seen: [u8; 2],
}

#[handlers]
impl Counter {
    const SIZE: usize = 2;

    #[init]
    fn new(seen: [u8; Self::SIZE]) -> Self {
        Self { seen }
    }

    #[call]
    fn seen(&self, _more: [u8; Self::SIZE]) -> [u8; Self::SIZE] {
        self.seen
    }

    #[cast]
    fn see(&mut self, seen: [u8; Self::SIZE + 0]) {
        self.seen = seen;
    }
}

fn main() {}
