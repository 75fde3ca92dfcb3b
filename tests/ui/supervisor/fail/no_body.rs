use scope::prelude::*;

supervisor! {
    supervisor Shop
}

fn main() {}
