use scope::prelude::*;

#[service(
    restat = permanent,
    restart = allways,
    mailbox(capacity = many, keep = true, drian),
    shutdown = 5,
    call_timeout = "5",
    start_timeout = "0s",
    layer,
    name = 7,
    handle = 3,
    requires(Ledger),
)]
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
