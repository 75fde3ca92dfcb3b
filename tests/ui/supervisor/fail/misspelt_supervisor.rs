use scope::prelude::*;

supervisor! {
    supervisr Shop {
        strategy: one_for_one,
    }
}

fn main() {}
