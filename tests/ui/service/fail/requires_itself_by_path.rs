use scope::prelude::*;

#[service(requires(self::Ledger))]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

fn main() {}
