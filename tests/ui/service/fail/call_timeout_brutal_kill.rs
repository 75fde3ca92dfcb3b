use scope::prelude::*;

#[service(call_timeout = brutal_kill)]
struct Ledger;

fn main() {}
