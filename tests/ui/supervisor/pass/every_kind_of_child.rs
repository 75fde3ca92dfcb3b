use scope::prelude::*;

#[service]
struct Ledger;

#[handlers]
impl Ledger {
    #[init]
    fn open(_number: u64) -> Self {
        Self
    }
}

async fn beat(_rate: u64) {}

supervisor! {
    supervisor Web(rate: u64) {
        strategy: one_for_all,
        auto_shutdown: all_significant,
        ledger: Ledger(*rate) { restart: temporary, significant: true },
    }

    /// All of it.
    pub(crate) supervisor Shop(rate: u64) {
        strategy: rest_for_one,
        intensity: 3 in "5s",

        ledger: Ledger(*rate) { key: "first", backoff: "100ms..10s", start_timeout: infinity },
        second: Ledger(*rate) { key: "second" },
        jobs: tasks { max_children: 64 },
        named: dynamic Ledger(id) by id: u64 { idle: "5m" },
        started: dynamic Ledger(*rate + more) with more: u64, _other: u8 { max_children: 10_000 },
        shards: partition Ledger(index as u64) { partitions: 8 },
        inner: supervisor {
            strategy: one_for_one,
            shutdown: infinity,
            third: Ledger(*rate) { key: "third" },
        },
        web: supervisor Web(*rate) { restart: transient },
        beat: task beat(*rate) { shutdown: brutal_kill },
    }
}

fn main() {}
