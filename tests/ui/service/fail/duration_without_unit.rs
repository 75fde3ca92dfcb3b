use scope::prelude::*;

#[service(call_timeout = "5")]
struct Ledger;

fn main() {}
