use scope::prelude::*;

supervisor! {
    #![scop(crate = scope)]
    supervisor Shop {
        strategy: one_for_one,
    }
}

fn main() {}
