use scope::prelude::*;

struct SearchResult;

#[service]
#[derive(Default)]
struct Counter;

#[handlers]
impl Counter {
    #[call]
    fn find(&self) -> SearchResult {
        SearchResult
    }
}

fn main() {}
