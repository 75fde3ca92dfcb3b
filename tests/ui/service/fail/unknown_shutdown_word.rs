use scope::prelude::*;

#[service(shutdown = brutal_kil)]
struct Ledger;

fn main() {}
