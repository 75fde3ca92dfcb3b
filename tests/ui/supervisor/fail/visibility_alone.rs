use scope::prelude::*;

supervisor! {
    pub
}

fn main() {}
