use scope::prelude::*;

#[service(mailbox(keep = true))]
struct Ledger;

fn main() {}
