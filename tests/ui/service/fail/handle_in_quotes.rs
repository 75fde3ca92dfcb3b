use scope::prelude::*;

#[service(handle = "Books")]
struct Ledger;

fn main() {}
