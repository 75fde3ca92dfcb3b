use scope::prelude::*;

trait Count {}

#[handlers]
impl dyn Count {}

fn main() {}
