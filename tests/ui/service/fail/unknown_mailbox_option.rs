use scope::prelude::*;

#[service(mailbox(capasity = 4))]
struct Ledger;

fn main() {}
