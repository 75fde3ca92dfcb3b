use scope::prelude::*;

#[service(layer = "foundation")]
#[derive(Default)]
struct Config;

#[handlers]
impl Config {}

#[service(layer = business, requires(Config))]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

fn main() {}
