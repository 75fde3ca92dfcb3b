use scope::prelude::*;

#[service(call_timeout = "5 secnds")]
struct Ledger;

fn main() {}
