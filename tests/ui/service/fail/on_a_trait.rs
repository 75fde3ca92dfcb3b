use scope::prelude::*;

#[service]
trait Ledger {}

fn main() {}
