use scope::prelude::*;

#[service(restart = temporary, mailbox(keep))]
struct Ledger;

fn main() {}
