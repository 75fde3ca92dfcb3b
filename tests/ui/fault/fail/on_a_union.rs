use scope::prelude::*;

#[derive(ServiceError)]
union LedgerError {
    page: u32,
}

fn main() {}
