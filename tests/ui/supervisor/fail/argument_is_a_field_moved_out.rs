use scope::prelude::*;


struct Options {
    url: String,
}

#[service]
struct Ledger;

#[handlers]
impl Ledger {
    #[init]
    fn open(_url: String) -> Self {
        Self
    }
}

supervisor! {
    supervisor Shop(options: Options) {
        strategy: one_for_one,
        ledger: Ledger(options.url),
    }
}

fn main() {}
