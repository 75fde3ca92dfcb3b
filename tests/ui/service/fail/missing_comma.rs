use scope::prelude::*;

#[service(requires() mailbox = 4)]
struct Ledger;

fn main() {}
