use scope::prelude::*;

#[handlers]
impl [u8] {}

fn main() {}
