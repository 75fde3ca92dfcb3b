use scope::prelude::*;


#[service]
struct Ledger;

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        ledger: Ledger(),
        jobs: tasks,
    }
}

async fn start() {
    if let Ok(shop) = Shop::start().await {
        drop(shop.jobs());
        shop.shutdown().await;
    }
}

fn main() {
    println!("{}", Shop::TREE);
    drop(start());
}
