use scope::prelude::*;

supervisor! {
    #![scope(krate = scope)]
    supervisor Shop {
        strategy: one_for_one,
    }
}

fn main() {}
