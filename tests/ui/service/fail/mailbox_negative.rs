use scope::prelude::*;

#[service(mailbox = -1)]
struct Ledger;

fn main() {}
