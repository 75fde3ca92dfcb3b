use scope::prelude::*;

#[service(mailbox(drain()))]
struct Ledger;

fn main() {}
