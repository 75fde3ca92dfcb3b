use scope::prelude::*;

#[handlers]
struct Counter;

fn main() {}
