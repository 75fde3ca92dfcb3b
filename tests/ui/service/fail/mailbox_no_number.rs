use scope::prelude::*;

#[service(mailbox = "64")]
struct Ledger;

fn main() {}
