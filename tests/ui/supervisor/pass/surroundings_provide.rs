use scope::prelude::*;

#[service]
#[derive(Default)]
struct Config;

#[handlers]
impl Config {}

#[service(requires(Config))]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Books requires(Config, elsewhere::Config) {
        strategy: one_for_one,
        ledger: Ledger(),
    }

    supervisor Shop requires(elsewhere::Config) {
        strategy: one_for_one,
        config: Config(),
        books: supervisor Books(),
    }
}

async fn start() {
    let shop = Shop::start_in(Namespace::tenant("acme")).with_parent(&Namespace::production());
    drop(shop.await);
}

fn main() {
    drop(start());
}
