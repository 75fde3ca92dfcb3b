use scope::prelude::*;

#[service(mailbox(overload = drop))]
struct Ledger;

fn main() {}
