use scope::prelude::*;


#[service]
#[derive(Default)]
struct Cache<T: Default + Send + 'static>(T);

#[handlers]
impl<T: Default + Send + 'static> Cache<T> {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        names: Cache<String>(),
        numbers: Cache<u64>(),
    }
}

fn main() {}
