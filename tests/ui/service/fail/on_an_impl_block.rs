use scope::prelude::*;

struct Ledger;

#[service]
impl Ledger {}

fn main() {}
