use scope::prelude::*;

#[service(mailbox = "1024")]
struct Ledger;

fn main() {}
