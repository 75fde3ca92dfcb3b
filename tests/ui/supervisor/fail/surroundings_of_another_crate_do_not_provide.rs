use scope::prelude::*;


supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        books: supervisor elsewhere::Books(),
    }
}

fn main() {}
