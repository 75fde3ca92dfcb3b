use scope::prelude::*;

#[service]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        intensity: 3 in "0s",
        a: Ledger() { restrat: transient, idle: "5m" },
        b dynmic Ledger(),
        c: Ledger,
        d: dynmic Ledger(),
        e: tasks { shutdown: "soon" }
        f: Ledger() { significant: true, key: "f" },
        f: tasks,
        jobs: tasks,
    }
}

fn uses(shop: Shop) {
    drop(shop.jobs());
}

fn main() {}
