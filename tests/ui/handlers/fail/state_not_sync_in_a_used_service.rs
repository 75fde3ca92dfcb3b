use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter {
    value: std::cell::Cell<u8>,
}

#[handlers]
impl Counter {
    #[cast]
    async fn update(&self) {
        self.value.set(1);
    }

    #[call]
    fn total(&self) -> u64 {
        0
    }
}

supervisor! {
    supervisor Tree {
        strategy: one_for_one,
        counter: Counter(),
    }
}

async fn uses() {
    let tree = Tree::start().await.unwrap();
    tree.counter().total().await.unwrap();
    Counter::via(&Namespace::production()).total().await.unwrap();
}

fn main() {}
