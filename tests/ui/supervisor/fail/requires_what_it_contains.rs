use scope::prelude::*;

#[service]
#[derive(Default)]
struct Config;

#[handlers]
impl Config {}

supervisor! {
    supervisor Shop requires(Config) {
        strategy: one_for_one,
        config: Config(),
    }
}

fn main() {}
