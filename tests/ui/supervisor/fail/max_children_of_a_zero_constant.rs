use scope::prelude::*;

const MOST: usize = 0;


supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        jobs: tasks { max_children: MOST },
    }
}

fn main() {}
