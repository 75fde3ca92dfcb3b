use scope::prelude::*;

#[service]
struct Config;

#[service(requires(Config, Config))]
struct Ledger;

fn main() {}
