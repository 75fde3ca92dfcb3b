use scope::prelude::*;

struct Config;

#[service(requires(Config))]
struct Ledger;

fn main() {}
