use scope::prelude::*;

supervisor! {
    Shop {
        strategy: one_for_one,
    }
}

fn main() {}
