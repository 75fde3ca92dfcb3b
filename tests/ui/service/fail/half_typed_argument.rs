use scope::prelude::*;

#[service(restart = , mailbox = 4)]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {
    #[call]
    fn total(&self) -> u64 {
        0
    }
}

fn uses(ledger: LedgerHandle) {
    drop(ledger.total());
}

fn main() {}
