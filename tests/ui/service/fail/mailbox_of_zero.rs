use scope::prelude::*;

#[service(mailbox = 0)]
struct Ledger;

fn main() {}
