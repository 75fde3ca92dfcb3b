use scope::prelude::*;

#[service(start_timeout = "0s")]
struct Ledger;

fn main() {}
