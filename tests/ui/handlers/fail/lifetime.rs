use scope::prelude::*;

struct Counter<'a>(&'a str);

#[handlers]
impl<'a> Counter<'a> {}

fn main() {}
