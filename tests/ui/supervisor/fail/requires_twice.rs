use scope::prelude::*;

#[service]
#[derive(Default)]
struct Config;

#[handlers]
impl Config {}

supervisor! {
    supervisor Shop requires(Config, Config) {
        strategy: one_for_one,
        jobs: tasks,
    }
}

fn main() {}
