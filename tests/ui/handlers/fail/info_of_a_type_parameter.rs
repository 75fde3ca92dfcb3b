#![allow(unused_variables)]

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Counter<T: Send + 'static>(T);

#[handlers]
impl<T: Default + Send + 'static> Counter<T> {
    #[info]
    fn event(&self, event: T) {}
}

fn main() {}
