use scope::prelude::*;

#[service]
#[derive(Default)]
struct Config;

#[handlers]
impl Config {}

#[service(restart = temporary, follows(Config))]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

fn main() {}
