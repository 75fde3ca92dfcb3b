use scope::prelude::*;

#[service(mailbox = 99999999999999999999999)]
struct Ledger;

fn main() {}
