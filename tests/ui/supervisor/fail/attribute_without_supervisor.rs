use scope::prelude::*;

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
    }
    #[cfg(unix)]
}

fn main() {}
