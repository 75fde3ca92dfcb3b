use scope::prelude::*;

#[service(health(process_memory = "512"))]
struct Ledger;

fn main() {}
