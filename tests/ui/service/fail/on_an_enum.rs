use scope::prelude::*;

#[service]
enum Ledger {}

fn main() {}
