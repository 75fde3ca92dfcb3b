use scope::prelude::*;

supervisor! {
    supervisor {
        strategy: one_for_one,
    }
}

fn main() {}
