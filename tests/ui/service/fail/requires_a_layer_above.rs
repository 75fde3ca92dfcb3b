use scope::prelude::*;

#[service(layer = application)]
#[derive(Default)]
struct Page;

#[handlers]
impl Page {}

#[service(layer = business, requires(Page))]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

fn main() {}
