use scope::prelude::*;

#[service(start_timeout = "99999999999999999999y")]
struct Ledger;

fn main() {}
