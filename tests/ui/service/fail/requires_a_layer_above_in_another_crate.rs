use scope::prelude::*;

#[service(layer = business, requires(elsewhere::Config, elsewhere::Page))]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

fn main() {}
