use scope::prelude::*;


supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        config: elsewhere::Config(),
        trail: supervisor elsewhere::Trail(),
    }
}

fn main() {}
