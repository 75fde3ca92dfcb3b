use scope::prelude::*;

#[service(mailbox(drain, drain))]
struct Ledger;

fn main() {}
