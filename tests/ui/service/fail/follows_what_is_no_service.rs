use scope::prelude::*;


struct Config;

#[service(follows(Config))]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

fn main() {}
