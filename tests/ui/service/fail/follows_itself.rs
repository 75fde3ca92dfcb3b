use scope::prelude::*;

#[service(follows(Ledger))]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

fn main() {}
