use scope::prelude::*;

#[service]
fn ledger() {}

fn main() {}
