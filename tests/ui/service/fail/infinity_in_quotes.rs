use scope::prelude::*;

#[service(call_timeout = "infinity")]
struct Ledger;

fn main() {}
