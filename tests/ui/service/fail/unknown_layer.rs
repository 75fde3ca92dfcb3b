use scope::prelude::*;

#[service(layer = bussiness)]
struct Ledger;

fn main() {}
